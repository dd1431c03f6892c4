/** Facts of healthy hosts for tests, made from a specification. Tests only. */
import { holds, packages, releasedPackages } from "../host/apt";
import { hostImages } from "../host/images";
import { apiEndpoint, controlPlanes, etcdMembers, hasRole, isNode, nodes } from "../spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";
import { factsSchema, type HostFacts, type Observation, type Observations, type Silence } from "./facts";

type Cluster = Pick<ClusterSpec, "name" | "hosts" | "versions" | "api" | "etcd" | "network">;

const GIB = 2 ** 30;

/** A bare, suitable Debian host that no cluster has touched. */
export function bareFacts(spec: Cluster, host: HostSpec): HostFacts {
  const index = spec.hosts.findIndex(({ name }) => name === host.name);
  const hex = (index + 16).toString(16);
  return factsSchema.parse({
    name: host.name,
    unanswered: [],
    os: { id: "debian", version: "13", title: "Debian GNU/Linux 13 (trixie)", codename: "trixie" },
    kernel: "6.12.48+deb13-amd64",
    architecture: "x86_64",
    systemd: true,
    apt: true,
    cgroup: 2,
    hostname: host.name,
    machineId: `0123456789abcdef0123456789abcd${hex}`,
    productUuid: `4c4c4544-0000-1000-8000-0000000000${hex}`,
    cpus: 4,
    memoryBytes: 8 * GIB,
    disks: ["/", spec.etcd.dataDir, "/var/lib/containerd", "/var/lib/kubelet"].map((path) => ({
      path,
      device: "/dev/vda1",
      sizeBytes: 100 * GIB,
      freeBytes: 60 * GIB,
      freeInodes: 5_000_000,
    })),
    interfaces: [
      { name: "lo", mac: "", up: true, addresses: [{ address: "127.0.0.1", prefix: 8 }] },
      { name: "eth0", mac: `52:54:00:00:00:${hex}`, up: true, addresses: [{ address: host.ip, prefix: 24 }] },
    ],
    routes: [
      { destination: "default", interface: "eth0" },
      { destination: `${host.ip.replace(/\d+$/, "0")}/24`, interface: "eth0" },
    ],
    clock: { epochMs: 1_790_000_000_000, synchronised: true },
    swap: [],
    selinux: "disabled",
    firewalls: [],
    listeners: [{ port: 22, address: "0.0.0.0", process: "sshd" }],
    packages: {},
    holds: [],
    unavailable: [],
    sourcesError: "",
    units: {},
    containerd: "",
    sandboxImage: "",
    images: [],
    kubelet: "",
    staticPods: [],
    membership: { cluster: "", claimCa: "", clusterCa: "", signs: [], etcdData: false },
    settings: { podCidr: "", serviceCidr: "", bindPort: "", dnsDomain: "", endpoint: "", etcdDataDir: "" },
    certificates: [],
    files: [],
    commands: [],
    sysctls: [],
    holdsVip: false,
    vipAnsweredBy: "",
    probes: [],
  });
}

/** The same host as a working part of the cluster, the first control plane holding the virtual IP. */
export function runningFacts(spec: Cluster, host: HostSpec): HostFacts {
  const facts = bareFacts(spec, host);
  const { kubernetes, containerd } = spec.versions;
  const active = { active: "active", enabled: "enabled" };
  const isControlPlane = hasRole(host, Role.ControlPlane);
  const isMember = hasRole(host, Role.Etcd);
  facts.membership = {
    cluster: spec.name,
    claimCa: TEST_CA,
    clusterCa: isNode(host) ? TEST_CA : "",
    signs: isNode(host) ? ["/etc/kubernetes/kubelet.conf"] : [],
    etcdData: isMember,
  };
  facts.settings = runningSettings(spec, host);
  if (isNode(host)) {
    facts.kubelet = kubernetes;
    facts.containerd = containerd;
    facts.sandboxImage = `registry.k8s.io/pause:${spec.versions.pause}`;
    facts.units = { containerd: active, kubelet: active };
    facts.registered = true;
  }
  if (isControlPlane) {
    const [holder] = controlPlanes(spec);
    facts.units = { ...facts.units, haproxy: active, keepalived: active };
    facts.holdsVip = holder?.name === host.name;
    facts.vipAnsweredBy = facts.holdsVip || !holder ? "" : macOf(spec, holder);
    facts.staticPods = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((component) => ({
      component,
      image: `registry.k8s.io/${component}:${kubernetes}`,
      healthy: true,
    }));
    facts.cluster = {
      version: kubernetes,
      nodes: nodes(spec).map((node) => ({
        name: node.name,
        ip: node.ip,
        kubeletVersion: kubernetes,
        runtimeVersion: `containerd://${containerd}`,
        ready: true,
        unschedulable: false,
        cordonedByUs: false,
        controlPlane: hasRole(node, Role.ControlPlane),
      })),
      blockedBudgets: [],
    };
  }
  if (isMember) {
    facts.units = { ...facts.units, etcd: active };
    facts.etcd = {
      version: spec.versions.etcd,
      memberId: memberId(spec, host),
      leaderId: memberId(spec, etcdMembers(spec)[0]!),
      healthy: true,
      databaseBytes: 20_000_000,
      databaseInUseBytes: 12_000_000,
      quotaBytes: spec.etcd.quotaBackendBytes,
      members: etcdMembers(spec).map((member) => ({
        id: memberId(spec, member),
        name: member.name,
        peerUrls: [`https://${member.ip}:2380`],
        learner: false,
      })),
      alarms: [],
    };
  }
  return facts;
}

function runningSettings(spec: Cluster, host: HostSpec): HostFacts["settings"] {
  const { podCidr, serviceCidr, dnsDomain } = spec.network;
  const isControlPlane = hasRole(host, Role.ControlPlane);
  return {
    podCidr: isControlPlane ? podCidr : "",
    serviceCidr: isControlPlane ? serviceCidr : "",
    bindPort: isControlPlane ? String(spec.api.bindPort) : "",
    dnsDomain: isNode(host) ? dnsDomain : "",
    endpoint: isControlPlane ? apiEndpoint(spec).url : "",
    etcdDataDir: hasRole(host, Role.Etcd) ? spec.etcd.dataDir : "",
  };
}

/** The same with every package, hold and image that the configuration asks for. */
export function completeFacts(spec: ClusterSpec, host: HostSpec): HostFacts {
  const wanted = [...packages(spec, host), ...releasedPackages(spec, host)];
  return {
    ...runningFacts(spec, host),
    packages: Object.fromEntries(
      wanted.map((entry) => {
        const [name = "", pattern = ""] = entry.split("=");
        return [name, pattern === "*" ? "1.0-1" : pattern.replace("*", "1")];
      }),
    ),
    holds: holds(spec, host),
    images: isNode(host) ? hostImages(spec, host).map((name) => ({ name, pinned: true })) : [],
  };
}

/** What asking every host came to, with some facts changed by host name. */
export function observations<S extends Cluster>(
  spec: S,
  factsOf: (spec: S, host: HostSpec) => HostFacts,
  changes: Record<string, Partial<HostFacts>> = {},
): Observations {
  return new Map(
    spec.hosts.map((host): [string, Observation] => [
      host.name,
      observed({ ...factsOf(spec, host), ...changes[host.name] }),
    ]),
  );
}

export function observed(facts: HostFacts, clockOffsetMs = 0): Observation {
  return { host: facts.name, facts, silence: undefined, detail: "", clockOffsetMs };
}

export function silent(host: string, silence: Silence, detail = ""): Observation {
  return { host, facts: undefined, silence, detail, clockOffsetMs: 0 };
}

function macOf(spec: Cluster, host: HostSpec): string {
  return bareFacts(spec, host).interfaces[1]!.mac;
}

function memberId(spec: Cluster, host: HostSpec): string {
  return `8e9e05c52164694${spec.hosts.findIndex(({ name }) => name === host.name)}`;
}

/** Text in the place of a certificate; tests of certificates bring real ones. */
export const TEST_CA = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n";
