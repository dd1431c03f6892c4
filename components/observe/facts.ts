/** What a host says of itself: the one JSON document that facts.sh prints, checked in shape. Pure. */
import { z } from "zod";
import { Question } from "./questions";

const text = z.string().max(4096);
const count = z.number().int().nonnegative();

const address = z.object({ address: text, prefix: count });

const networkInterface = z.object({
  name: text,
  /** Lower case, `52:54:00:…`; empty for interfaces without one. */
  mac: text,
  up: z.boolean(),
  /** IPv4 only. */
  addresses: z.array(address),
});

const disk = z.object({
  /** The folder that was asked about; its nearest existing parent was measured. */
  path: text,
  /** Two paths with one device share their space. */
  device: text,
  sizeBytes: count,
  freeBytes: count,
  freeInodes: count,
});

const listener = z.object({
  port: count,
  /** `0.0.0.0`, `192.0.2.10`, `::`. */
  address: text,
  /** Of the owning process, the first 15 letters, `kube-apiserver`, `kube-controller`; empty when it cannot be told. */
  process: text,
});

const unit = z.object({
  /** As systemd says: `active`, `inactive`, `failed`, `activating`; `failing` when it ends and is started again and again. */
  active: text,
  /** `enabled`, `disabled`, `masked`; empty when there is no such unit. */
  enabled: text,
});

const image = z.object({ name: text, pinned: z.boolean() });

const staticPod = z.object({
  /** `kube-apiserver`. */
  component: text,
  /** Of its manifest, `registry.k8s.io/kube-apiserver:v1.35.4`. */
  image: text,
  /** Its own health endpoint says ok. */
  healthy: z.boolean(),
});

/** PEM; parsed by certificates.ts. */
const certificateFile = z.object({ path: text, pem: z.string().max(65536) });

/** What a script of the program last left in a place. Kept by the host itself under /var/lib/kubeadm-ha. */
const managedFile = z.object({
  path: text,
  /** Name of the resource whose script wrote it last, `prod-cp1-vip`. */
  resource: text,
  /** `same`, `missing`, `content`, `mode` (mode or owner). */
  state: z.enum(["same", "missing", "content", "mode"]),
});

/** The last complete run of a resource's script on this host. */
const appliedCommand = z.object({
  resource: text,
  /** Hash of the command text that it ran. */
  input: text,
  /** The repair that the text named; empty when none. */
  repair: text,
});

const sysctl = z.object({ key: text, wanted: text, found: text });

const probe = z.object({
  /** `192.0.2.11:2379`. */
  target: text,
  /** A refused connection has reached its host; a timeout is a blocked or dead path. */
  result: z.enum(["open", "refused", "timeout", "unreachable"]),
});

const member = z.object({
  /** Hexadecimal. */
  id: text,
  /** Empty for a member that never started. */
  name: text,
  peerUrls: z.array(text),
  learner: z.boolean(),
});

/** Asked of the host's own member. */
const etcd = z.object({
  version: text,
  /** Hexadecimal, as are all ids. */
  memberId: text,
  leaderId: text,
  /** The member answers a health request, which a majority has to agree to. */
  healthy: z.boolean(),
  databaseBytes: count,
  databaseInUseBytes: count,
  quotaBytes: count,
  members: z.array(member),
  /** `NOSPACE`, `CORRUPT`, each with its member: `NOSPACE 8e9e05c52164694d`. */
  alarms: z.array(text),
});

const node = z.object({
  name: text,
  ip: text,
  kubeletVersion: text,
  /** `containerd://2.2.9`. */
  runtimeVersion: text,
  ready: z.boolean(),
  unschedulable: z.boolean(),
  /** The cordon is this program's own, left by a run that was cut off. */
  cordonedByUs: z.boolean(),
  controlPlane: z.boolean(),
});

/** A PodDisruptionBudget that lets nothing go at the moment. */
const blockedBudget = z.object({ namespace: text, name: text, nodes: z.array(text) });

/** Asked of the API server on the same host; control planes only, and only when it answers. */
const cluster = z.object({
  /** Of the API server that answered, `v1.35.4`. */
  version: text,
  nodes: z.array(node),
  blockedBudgets: z.array(blockedBudget),
});

const membership = z.object({
  /** Name under which this program claimed the host; empty: not claimed. */
  cluster: text,
  /** PEM of the CA that the claim was made with; empty: not claimed. */
  claimCa: z.string().max(65536),
  /** PEM of /etc/kubernetes/pki/ca.crt; empty when it is not there. */
  clusterCa: z.string().max(65536),
  /** Signs of a cluster, whoever built it: paths that exist, `/etc/kubernetes/kubelet.conf`. */
  signs: z.array(text),
  /** The etcd data directory of the configuration holds a member. */
  etcdData: z.boolean(),
});

/** What the cluster was made with, as the files of its programs say here; each is empty where none says it. */
const settings = z.object({
  /** `10.200.0.0/16`, of the controller manager. */
  podCidr: text,
  /** Of the API server, as is `bindPort`. */
  serviceCidr: text,
  bindPort: text,
  /** Of the kubelet. */
  dnsDomain: text,
  /** `https://192.0.2.10:8443`, of the administrator's kubeconfig. */
  endpoint: text,
  etcdDataDir: text,
});

export const factsSchema = z.object({
  /** Name in the configuration. */
  name: text,
  /** What it was asked and gave no answer to, in time or at all; the facts of it say nothing, as if there were nothing. */
  unanswered: z.array(z.enum(Question)),
  os: z.object({
    /** `debian`; os-release's ID. */
    id: text,
    version: text,
    /** PRETTY_NAME. */
    title: text,
    codename: text,
  }),
  kernel: text,
  /** `x86_64`, `aarch64`. */
  architecture: text,
  systemd: z.boolean(),
  apt: z.boolean(),
  /** 1 or 2; 0 when none is mounted. */
  cgroup: count,
  hostname: text,
  machineId: text,
  /** DMI product UUID; empty where there is none, as in containers. */
  productUuid: text,
  cpus: count,
  memoryBytes: count,
  disks: z.array(disk),
  interfaces: z.array(networkInterface),
  /** `default` or a CIDR → the interface it leaves by. */
  routes: z.array(z.object({ destination: text, interface: text })),
  clock: z.object({
    /** Milliseconds since 1970, read on the host as the first thing that it tells. */
    epochMs: count,
    /** systemd says that the clock is synchronised; undefined where it cannot tell. */
    synchronised: z.boolean().optional(),
  }),
  /** Devices and files in use as swap. */
  swap: z.array(text),
  /** `enforcing`, `permissive`, `disabled`. */
  selinux: text,
  /** Active ones: `firewalld`, `ufw`. */
  firewalls: z.array(text),
  /** Loopback included. */
  listeners: z.array(listener),
  /** Installed packages of those that matter, name → version. */
  packages: z.record(z.string(), text),
  /** Of these, the ones that apt may not move. */
  holds: z.array(text),
  /** Wanted packages, `kubelet=1.35.4-*`, that are not installed and that no configured source offers. */
  unavailable: z.array(text),
  /** Why the sources could not be asked for them; empty when they could or need not be. */
  sourcesError: text,
  /** Name without `.service` → state, of those that exist: etcd, haproxy, keepalived, containerd, kubelet. */
  units: z.record(z.string(), unit),
  /** Version of the containerd that runs, `2.2.9`; empty when none does. */
  containerd: text,
  /** containerd's pause image; empty when it cannot be told. */
  sandboxImage: text,
  images: z.array(image),
  /** Version of the kubelet program that runs, `v1.35.4`; empty when none runs. */
  kubelet: text,
  staticPods: z.array(staticPod),
  membership,
  settings,
  /** Undefined on hosts without a running member. */
  etcd: etcd.optional(),
  certificates: z.array(certificateFile),
  files: z.array(managedFile),
  commands: z.array(appliedCommand),
  /** Those of our sysctl file whose live value is another one. */
  sysctls: z.array(sysctl),
  /** This host carries the virtual IP. */
  holdsVip: z.boolean(),
  /** MAC address that answers for the virtual IP, as this host sees it; empty: nobody answers, or this host holds it. */
  vipAnsweredBy: text,
  probes: z.array(probe),
  /** Its own Node object exists; undefined when the API did not answer or the host is no node. */
  registered: z.boolean().optional(),
  cluster: cluster.optional(),
});

/** The facts of one host. */
export type HostFacts = z.output<typeof factsSchema>;
export type UnitFacts = z.output<typeof unit>;
export type NodeFacts = z.output<typeof node>;
export type EtcdFacts = z.output<typeof etcd>;
export type ClusterFacts = z.output<typeof cluster>;

/** Whether a unit runs, or is about to: one that reloads serves on, and one that starts has its time for it. */
export function isUp({ active }: UnitFacts): boolean {
  return ["active", "reloading", "refreshing", "activating"].includes(active);
}

/** Why a host gave no facts. */
export enum Silence {
  /** No connection: refused, no route, no answer or no login in time, or something else than an SSH server. */
  Unreachable = "unreachable",
  /** It answered with another host key than the configured one. */
  HostKey = "host-key",
  /** None of our keys was accepted. */
  Authentication = "authentication",
  /** Logged in, but not root and no password-less sudo. */
  NotRoot = "not-root",
  /** Logged in, but the script did not end well or printed something else. */
  Broken = "broken",
}

/** What asking one host came to. */
export interface Observation {
  /** Name in the configuration. */
  host: string;
  facts: HostFacts | undefined;
  /** Undefined when there are facts. */
  silence: Silence | undefined;
  /** What was seen instead of facts, short and printable: `SHA256:… instead of SHA256:…`, `connect ETIMEDOUT`. */
  detail: string;
  /**
   * Milliseconds by which the host's clock is certainly ahead (positive) or behind (negative) of this machine's: the time it told lay
   * outside of the interval between question and answer by so much. 0 when it lay within.
   */
  clockOffsetMs: number;
}

/** All hosts of the configuration, in its order; undefined when nothing was asked (`observe: false`). */
export interface Observations extends ReadonlyMap<string, Observation> {
  /** Hosts that leave with this update: their addresses and whose they are, and nothing else. */
  readonly leaving?: ReadonlyMap<string, Observation>;
}
