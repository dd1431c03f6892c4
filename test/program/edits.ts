/** Edits of the dev stack, and the exact set of resources that each plans. */
import { devConfig, etcdHostsConfig, withHosts, type HostEntry, type StackConfig } from "../fixtures";
import * as names from "./names";
import { COMMAND, LOCAL_COMMAND, type Difference } from "./recording";

const { claim, prepare, images, stage, vip, join, start, member, controlPlane, kubelet } = names;
const { etcdHealthy, snapshot, settings, labels, ready, controlPlaneNodes, workerNodes } = names;

const controlPlanes = ["cp1", "cp2", "cp3"];
const nodes = [...controlPlanes, "w1", "w2"];

/** Remote commands as a difference names them. */
export const commands = (...of: string[]) => of.map((name) => `${COMMAND} ${name}`);
const givenBack = (host: string) => `${LOCAL_COMMAND} dev-${host}-give-back`;
/** What is there once a control plane has left. */
const departure = [
  ...[names.handover, names.apiServerStop].map((name) => `${LOCAL_COMMAND} ${name}`),
  ...commands(names.drain),
];
const object = (type: string, name: string) => `kubernetes:${type} ${name}`;
const coreDns = object("apps/v1:DeploymentPatch", "dev-coredns");
const flannel = object("apps/v1:DaemonSet", "dev-flannel");

/** Key, request and certificate of a leaf; or of one of them. */
function leaf(name: string, parts = ["key", "csr", "cert"]): string[] {
  const types: Record<string, string> = {
    key: "tls:index/privateKey:PrivateKey",
    csr: "tls:index/certRequest:CertRequest",
    cert: "tls:index/locallySignedCert:LocallySignedCert",
  };
  return parts.map((part) => `${types[part]} ${name}-${part}`);
}

/** A top-level key of the dev stack with some of its own keys changed. */
function within(key: string, change: object): StackConfig {
  return devConfig({ [key]: { ...(devConfig()[key] as object | undefined), ...change } });
}

function worker(name: string, change: object): (hosts: HostEntry[]) => HostEntry[] {
  return (hosts) => hosts.map((host) => (host.name === name ? { ...host, ...change } : host));
}

/** What brings packages: fetched by staging, installed by the release. */
const packages = [...nodes.map(stage), ...nodes.map(kubelet)];
const kubernetes = [...packages, snapshot, ...controlPlanes.map(controlPlane), settings, ready];
const etcd = [snapshot, ...controlPlanes.map(member)];
const flags = [...controlPlanes.map(controlPlane), settings];
const { registries } = devConfig()["mirror"] as { registries: object };
const plugins = { "io.containerd.cri.v1.images": { max_concurrent_downloads: 5 } };

export interface Edit extends Partial<Difference> {
  edit: string;
  to: StackConfig;
  /** The configuration before it, where that is not the dev stack. */
  from?: StackConfig;
}

export const edits: Edit[] = [
  { edit: "a Kubernetes patch", to: devConfig({ kubernetesVersion: "v1.35.5" }), changed: commands(...kubernetes) },
  { edit: "a Kubernetes minor", to: devConfig({ kubernetesVersion: "v1.36.3" }), changed: commands(...kubernetes) },
  {
    edit: "a Kubernetes patch where etcd has hosts of its own: nothing on those but the snapshot",
    from: etcdHostsConfig(),
    to: { ...etcdHostsConfig(), kubernetesVersion: "v1.35.5" },
    changed: commands(...kubernetes),
  },
  {
    edit: "CoreDNS's tag",
    to: within("kubeadm", { dnsImageTag: "v1.14.8" }),
    changed: commands(...nodes.map(stage), settings),
  },
  { edit: "etcd's version", to: devConfig({ etcdVersion: "3.6.17" }), changed: commands(...etcd) },
  { edit: "containerd's version", to: devConfig({ containerdVersion: "2.2.10" }), changed: commands(...packages) },
  {
    edit: "the CNI plugins' version",
    to: devConfig({ cniPluginsVersion: "1.7.1" }),
    changed: commands(...packages),
  },
  {
    edit: "Kubernetes, etcd and containerd together",
    to: devConfig({ kubernetesVersion: "v1.36.3", etcdVersion: "3.6.17", containerdVersion: "2.2.10" }),
    changed: commands(...new Set([...kubernetes, ...etcd, ...packages])),
  },
  ...["apiServer", "controllerManager", "scheduler"].map((component) => ({
    edit: `a flag of ${component}`,
    to: devConfig({ [component]: { extraArgs: { v: "4" } } }),
    changed: commands(...flags),
  })),
  {
    edit: "a field of the kubelet",
    to: within("kubelet", { maxPods: 50 }),
    changed: commands(settings, ...nodes.map(kubelet)),
  },
  { edit: "a field of kube-proxy", to: within("kubeProxy", { mode: "iptables" }), changed: commands(settings) },
  {
    edit: "a setting of etcd",
    to: devConfig({ etcd: { heartbeatIntervalMs: 200, electionTimeoutMs: 2000 } }),
    changed: commands(...controlPlanes.map(member)),
  },
  {
    edit: "a flag of etcd",
    to: devConfig({ etcd: { extraArgs: { "max-request-bytes": "3145728" } } }),
    changed: commands(...controlPlanes.map(member)),
  },
  {
    edit: "a setting of containerd's plugins",
    to: within("containerd", { plugins }),
    changed: commands(...packages),
  },
  {
    edit: "a registry's mirror",
    to: within("mirror", { registries: { ...registries, "docker.io": "http://10.77.0.2:5000/other" } }),
    changed: commands(...nodes.map(stage)),
  },
  {
    edit: "flannel's version",
    to: within("network", { flannelVersion: "v0.28.3" }),
    changed: [...commands(...nodes.map(stage)), flannel],
  },
  {
    edit: "another name of the API",
    to: within("api", { extraSans: ["api.example"] }),
    changed: [
      ...controlPlanes.flatMap((name) => leaf(`dev-kubernetes-${name}-apiserver`, ["csr", "cert"])),
      ...commands(...flags),
    ],
  },
  {
    edit: "keepalived's router id",
    to: within("api", { routerId: 52 }),
    changed: commands(...controlPlanes.map(vip)),
  },
  { edit: "a worker's first label", to: withHosts(worker("w2", { labels: { zone: "a" } })), changed: commands(labels) },
  {
    edit: "a worker's label",
    from: withHosts(worker("w2", { labels: { zone: "a" } })),
    to: withHosts(worker("w2", { labels: { zone: "b" } })),
    changed: commands(labels),
  },
  {
    edit: "how nodes are drained",
    to: devConfig({ rollout: { drain: { timeoutSeconds: 600 } } }),
    changed: commands(...nodes.map(kubelet), controlPlaneNodes, workerNodes),
  },
  { edit: "how many workers may be out of service", to: devConfig({ rollout: { maxUnavailable: 2 } }) },
  {
    edit: "a new worker",
    to: withHosts((hosts) => [...hosts, { name: "w3", ip: "10.77.0.23", roles: ["worker"] }]),
    added: [
      ...leaf("dev-kubernetes-w3-node"),
      ...commands(...[claim, prepare, images, stage, join, kubelet].map((of) => of("w3"))),
      givenBack("w3"),
    ],
    changed: commands(workerNodes, ready),
  },
  {
    edit: "a worker less",
    to: withHosts((hosts) => hosts.filter(({ name }) => name !== "w1")),
    removed: [
      ...leaf("dev-kubernetes-w1-node"),
      ...commands(...[claim, prepare, images, stage, join, kubelet].map((of) => of("w1"))),
      givenBack("w1"),
    ],
    changed: commands(workerNodes, ready),
  },
  ...["cp4", "cp0"].map((name) => ({
    edit: `a new control plane that sorts ${name === "cp4" ? "last" : "first"}`,
    to: withHosts((hosts) => [...hosts, { name, ip: "10.77.0.14", roles: ["control-plane"] }]),
    added: newControlPlane(name),
    changed: [coreDns, ...commands(...controlPlanes.map(vip), controlPlaneNodes, labels, ready)],
  })),
  ...controlPlanes.map((name) => {
    const others = controlPlanes.filter((other) => other !== name);
    return {
      edit: `the control plane ${name} less, another in its place`,
      to: withHosts((hosts) => [
        ...hosts.filter((host) => host.name !== name),
        { name: "cp4", ip: "10.77.0.14", roles: ["control-plane", "etcd"] },
      ]),
      added: [...newControlPlane("cp4"), ...newMember("cp4"), ...departure],
      removed: [...newControlPlane(name), ...newMember(name)],
      changed: commands(
        ...others.map(vip),
        etcdHealthy,
        controlPlaneNodes,
        settings,
        labels,
        ready,
        // What is the whole cluster's was asked of cp1 until now.
        ...(name === "cp1" ? [snapshot, workerNodes] : []),
      ),
    };
  }),
  {
    edit: "a worker's taint",
    to: withHosts(worker("w2", { taints: [{ key: "dedicated", value: "db", effect: "NoSchedule" }] })),
    changed: commands(labels),
  },
  {
    edit: "a worker's own kubelet settings",
    to: withHosts(worker("w2", { kubelet: { maxPods: 50 } })),
    changed: commands(kubelet("w2")),
  },
  {
    edit: "a worker in maintenance",
    to: withHosts(worker("w2", { state: "maintenance" })),
    changed: commands(workerNodes, ready),
  },
  {
    edit: "a lost worker",
    to: withHosts(worker("w2", { state: "lost" })),
    removed: [
      ...leaf("dev-kubernetes-w2-node"),
      ...commands(...[claim, prepare, images, stage, join, kubelet].map((of) => of("w2"))),
      givenBack("w2"),
    ],
    changed: commands(workerNodes, ready),
  },
];

function newControlPlane(name: string): string[] {
  return [
    ...["apiserver", "apiserver-kubelet-client", "controller-manager", "scheduler", "node"].flatMap((use) =>
      leaf(`dev-kubernetes-${name}-${use}`),
    ),
    ...leaf(`dev-front-proxy-${name}-client`),
    ...leaf(`dev-etcd-${name}-apiserver-client`),
    ...commands(...[claim, prepare, images, stage, vip, join, controlPlane, kubelet].map((of) => of(name))),
    givenBack(name),
  ];
}

function newMember(name: string): string[] {
  return [
    ...["server", "peer"].flatMap((use) => leaf(`dev-etcd-${name}-${use}`)),
    ...commands(start(name), member(name)),
  ];
}
