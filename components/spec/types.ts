/**
 * The typed description of one cluster: what `readSpec()` returns and every component takes.
 * Plain data, fully defaulted and checked; nothing here is an Output but the values an operator may give as a secret.
 */
import type * as pulumi from "@pulumi/pulumi";

/** What a host does in the cluster. A control plane may also be an etcd member; a worker is only a worker. */
export enum Role {
  ControlPlane = "control-plane",
  Etcd = "etcd",
  Worker = "worker",
}

/** The operator's word for how a machine is. */
export enum HostState {
  /** Does its part; the default. */
  Active = "active",
  /** Stays a part of the cluster, but is out of service and left alone: it need not answer. */
  Maintenance = "maintenance",
  /** Gone for good: the cluster goes on without it. */
  Lost = "lost",
}

/** One machine, reached over SSH. Identity is `name`: resources are keyed by it, never by a position in the list. */
export interface HostSpec {
  /** RFC 1123 name; becomes the node name and the etcd member name. */
  name: string;
  /** The address other nodes reach it by (IPv4); the interface is the one that carries it. */
  ip: string;
  roles: Role[];
  /** One `authorized_keys`-style line, `ssh-ed25519 AAAA…`; from `hostKey` or from `ssh.knownHosts`. Never empty. */
  hostKey: string;
  /** Address for SSH when it differs from `ip`. Default: `ip`. */
  sshHost: string;
  /** Interface that carries the VIP here. Default: the one with `ip`. */
  vipInterface: string | undefined;
  labels: Record<string, string>;
  /** Beyond kubeadm's own on control planes. */
  taints: TaintSpec[];
  /** A control plane that takes ordinary pods: it has no taint of kubeadm's. Workers always do. Default false. */
  schedulable: boolean;
  /** Fields of KubeletConfiguration for this host alone, merged over `ClusterSpec.kubelet`. Default: none. */
  kubelet: Record<string, unknown>;
  state: HostState;
  /** Position in the configuration's list, which names it to people: `hosts[3]`. Nothing else depends on it. */
  place: number;
  /** Part of the last complete update: what happens to a host once has happened. */
  settled: boolean;
  /** In maintenance at the end of the last complete update. */
  rested: boolean;
  /** Machine id of the fresh machine that now stands in the place of the one that was part; else empty. */
  replacedBy: string;
}

/** A host that the last complete update left as a part of the cluster, and that the configuration has no more. */
export type LeavingHost = Pick<HostSpec, "name" | "ip" | "sshHost" | "hostKey" | "roles">;

export interface TaintSpec {
  key: string;
  value: string;
  effect: string;
}

/** What clients of the API find first. */
export enum ApiBy {
  /** A virtual IP held by keepalived, with HAProxy behind it on every control plane. */
  Haproxy = "haproxy",
  /** A virtual IP held by keepalived, and the API server of its holder. */
  Vip = "vip",
  /** A load balancer of the operator's own; nothing is installed for it. */
  LoadBalancer = "load-balancer",
}

export interface LoadBalancerSpec {
  /** DNS name or IPv4 address; a name of the API servers' certificates. */
  host: string;
  /** Default 6443. */
  port: number;
}

/** The API endpoint; where it is, is `apiEndpoint`'s to say. */
export interface ApiSpec {
  by: ApiBy;
  /** IPv4 address in the hosts' subnet, held by no host; undefined with a load balancer. */
  vip: string | undefined;
  /** Prefix length that the VIP is added with. Default 24. */
  vipPrefix: number;
  /** Port of the endpoint: HAProxy's on the VIP and on loopback (default 8443), or `bindPort`, or the load balancer's. */
  port: number;
  /** The API servers' own port. Default 6443. */
  bindPort: number;
  /** VRRP virtual router id, 1–255, unique on the L2 segment; undefined with a load balancer. */
  routerId: number | undefined;
  /** Only by load balancer. */
  loadBalancer: LoadBalancerSpec | undefined;
  /** A DNS name for the endpoint; becomes a SAN. */
  dnsName: string | undefined;
  /** Further SANs of the API servers' certificates: names or addresses. */
  extraSans: string[];
}

export interface NetworkSpec {
  /** Default 10.200.0.0/16. */
  podCidr: string;
  /** Default 10.32.0.0/16. */
  serviceCidr: string;
  /** Default cluster.local. */
  dnsDomain: string;
  /** `flannel` (default) or `none` (bring your own CNI; nodes stay NotReady until you do). */
  plugin: string;
  /** Only for plugin flannel. */
  flannelVersion: string;
}

export interface SshSpec {
  /** Default root. Another user needs password-less sudo. */
  user: string;
  /** Default 22. */
  port: number;
  /** Use the agent of SSH_AUTH_SOCK. Default true when no private key is given. */
  agent: boolean;
  /** Private key, PEM or OpenSSH; from the secret `ssh.privateKey` or read from the file `ssh.privateKeyFile`. */
  privateKey: pulumi.Output<string> | undefined;
}

/** One apt repository, as one deb822 file on every host. */
export interface AptSource {
  /** File name part: `/etc/apt/sources.list.d/<name>.sources`. */
  name: string;
  url: string;
  /** `/` for a flat repository. */
  suite: string;
  components: string[];
  /** Armoured public key (text), or a URL that it is fetched from over https. */
  key: string;
}

/** Where packages, images and release archives come from: the upstream sites by default. */
export interface MirrorSpec {
  apt: AptSource[];
  /** Upstream registry host → base URL that its images are pulled from, e.g. `registry.k8s.io: http://10.0.0.2:5000/registry.k8s.io`. */
  registries: Record<string, string>;
  /** etcd release archive; `{version}` and `{arch}` are replaced. */
  etcdUrl: string;
  /** etcd archive's SHA-256, by `version-arch` (`3.6.16-amd64`); defaults come from the versions table. */
  etcdSha256: Record<string, string>;
}

export interface VersionsSpec {
  /** `v1.35.4`. */
  kubernetes: string;
  /** `1.35`. */
  kubernetesMinor: string;
  /** `3.6.16`. */
  etcd: string;
  /** `2.2.9`. */
  containerd: string;
  /** `1.7.1`; undefined: whatever is installed stays. */
  cniPlugins: string | undefined;
  /** Tag of the pause image that kubeadm of this minor uses, `3.10.1`. */
  pause: string;
}

export interface EtcdSpec {
  /** Default /var/lib/etcd-kubernetes: never /var/lib/etcd, `kubeadm reset` wipes that. */
  dataDir: string;
  /** Default 100. */
  heartbeatIntervalMs: number;
  /** Default 1000. */
  electionTimeoutMs: number;
  /** Bytes, default 8 GiB. */
  quotaBackendBytes: number;
  /** Further etcd flags, without dashes in front: `{ "max-request-bytes": "3145728" }`. */
  extraArgs: Record<string, string>;
}

/** Flags of one control-plane component beyond what the program sets. */
export interface ComponentSpec {
  extraArgs: Record<string, string>;
}

export interface KubeadmSpec {
  /** Names given to kubeadm's --ignore-preflight-errors. Default: none. */
  ignorePreflightErrors: string[];
  /** Overrides kubeadm's CoreDNS tag. */
  dnsImageTag: string | undefined;
  /** Default registry.k8s.io. */
  imageRepository: string;
}

export interface ContainerdSpec {
  /** Settings merged over the program's, by plugin: `{ "io.containerd.cri.v1.runtime": { restrict_oom_score_adj: true } }`. */
  plugins: Record<string, Record<string, unknown>>;
}

export interface ClusterSpec {
  /** Resource-name prefix and Kubernetes cluster name. Default: the stack's name. */
  name: string;
  versions: VersionsSpec;
  /** Never holds a lost one. */
  hosts: HostSpec[];
  /** Hosts that are lost, for as long as the configuration lists them. */
  lost: HostSpec[];
  /** Part of the last complete update and not in `hosts` any more: taken off the list, or lost. */
  leaving: LeavingHost[];
  /** The control planes that left last, in this update or before. */
  departed: LeavingHost[];
  api: ApiSpec;
  network: NetworkSpec;
  ssh: SshSpec;
  mirror: MirrorSpec;
  etcd: EtcdSpec;
  apiServer: ComponentSpec;
  controllerManager: ComponentSpec;
  scheduler: ComponentSpec;
  /** Fields of KubeletConfiguration merged over the program's. */
  kubelet: Record<string, unknown>;
  /** Fields of KubeProxyConfiguration merged over the program's. */
  kubeProxy: Record<string, unknown>;
  kubeadm: KubeadmSpec;
  containerd: ContainerdSpec;
  certificates: CertificateSpec;
  rollout: RolloutSpec;
  /** One or two control planes are refused unless this is true. */
  allowNonHa: boolean;
  /** Ask hosts before anything is declared. Default true. */
  observe: boolean;
  /** Ids of checks that do not judge. Default: none. */
  skipChecks: string[];
}

/** Lives of certificates, in hours. */
export interface CertificateSpec {
  /** Default 87600 (10 years). */
  caValidityHours: number;
  /** Default 8760 (1 year). */
  leafValidityHours: number;
  /** Renewal is planned when less than this is left. Default 2160 (90 days). */
  earlyRenewalHours: number;
}

/** How a change reaches running nodes. Control planes always go one by one. */
export interface RolloutSpec {
  /** Workers that may be out of service at once: a number from 1 on, or a percentage of them, `25%`. Default 1. */
  maxUnavailable: number | string;
  drain: DrainSpec;
}

/** What to do when pods are still on the node after the drain's timeout, as a PodDisruptionBudget may keep them. */
export enum OnBlocked {
  /** Stop the run; the node is uncordoned. */
  Fail = "fail",
  /** Stop draining and go on with this node: its remaining pods stay, and their containers outlive the restart. */
  Skip = "skip",
  /** Delete them, past their budgets. */
  DisableEviction = "disableEviction",
}

/**
 * How a node is emptied before a package of its kubelet or containerd changes. Pods without a controller are never
 * evicted, for nothing would create them again: they stay on the node.
 */
export interface DrainSpec {
  /** For one node. Default 300. */
  timeoutSeconds: number;
  /** Time that a pod is given to end. Default: each pod's own. */
  gracePeriodSeconds: number | undefined;
  /** Default fail. */
  onBlocked: OnBlocked;
  /** Default true; false: a pod with an emptyDir volume stops the drain. */
  deleteEmptyDirData: boolean;
}
