/**
 * What an edit of the configuration plans: for each the exact set of resources, nothing more and nothing less. The
 * order in which they change is order.test.ts's.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { utils } from "ssh2";

import { devConfig, withHosts, type HostEntry, type StackConfig } from "../fixtures";
import { record } from "./engine";
import * as names from "./names";
import { COMMAND, difference, type Difference, type Recording } from "./recording";
import { devCluster } from "./topologies";

const { claim, prepare, images, vip, join, member, controlPlane, kubelet, snapshot, settings, ready } = names;

const controlPlanes = ["cp1", "cp2", "cp3"];
const nodes = [...controlPlanes, "w1", "w2"];

const commands = (...of: string[]) => of.map((name) => `${COMMAND} ${name}`);
const object = (type: string, name: string) => `kubernetes:${type} ${name}`;
const labels = object("core/v1:NodePatch", "dev-w2-labels");
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

const upgrade = [...nodes.map(prepare), ...nodes.map(kubelet)];
const kubernetes = [...upgrade, ...nodes.map(images), snapshot, ...controlPlanes.map(controlPlane), settings, ready];
const etcd = [snapshot, ...controlPlanes.map(member)];
const flags = [...controlPlanes.map(controlPlane), settings];
const registries = devConfig()["mirror"] as { registries: object };
const plugins = { "io.containerd.cri.v1.images": { max_concurrent_downloads: 5 } };

interface Edit extends Partial<Difference> {
  edit: string;
  to: StackConfig;
  /** The configuration before it, where that is not the dev stack. */
  from?: StackConfig;
}

const edits: Edit[] = [
  { edit: "a Kubernetes patch", to: devConfig({ kubernetesVersion: "v1.35.5" }), changed: commands(...kubernetes) },
  { edit: "a Kubernetes minor", to: devConfig({ kubernetesVersion: "v1.36.3" }), changed: commands(...kubernetes) },
  { edit: "etcd's version", to: devConfig({ etcdVersion: "3.6.17" }), changed: commands(...etcd) },
  { edit: "containerd's version", to: devConfig({ containerdVersion: "2.2.10" }), changed: commands(...upgrade) },
  {
    edit: "Kubernetes, etcd and containerd together",
    to: devConfig({ kubernetesVersion: "v1.36.3", etcdVersion: "3.6.17", containerdVersion: "2.2.10" }),
    changed: commands(...new Set([...kubernetes, ...etcd, ...upgrade])),
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
    changed: commands(...upgrade),
  },
  {
    edit: "a registry's mirror",
    to: within("mirror", { registries: { ...registries.registries, "docker.io": "http://10.77.0.2:5000/other" } }),
    changed: commands(...nodes.map(prepare)),
  },
  {
    edit: "flannel's version",
    to: within("network", { flannelVersion: "v0.28.3" }),
    changed: [...commands(...nodes.map(images)), flannel],
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
  { edit: "a worker's first label", to: withHosts(worker("w2", { labels: { zone: "a" } })), added: [labels] },
  {
    edit: "a worker's label",
    from: withHosts(worker("w2", { labels: { zone: "a" } })),
    to: withHosts(worker("w2", { labels: { zone: "b" } })),
    changed: [labels],
  },
  {
    edit: "how nodes are drained",
    to: devConfig({ rollout: { drain: { timeoutSeconds: 600 } } }),
    changed: commands(...nodes.map(kubelet)),
  },
  { edit: "how many workers may be out of service", to: devConfig({ rollout: { maxUnavailable: 2 } }) },
  {
    edit: "a new worker",
    to: withHosts((hosts) => [...hosts, { name: "w3", ip: "10.77.0.23", roles: ["worker"] }]),
    added: [
      ...leaf("dev-kubernetes-w3-node"),
      ...commands(...[claim, prepare, images, join, kubelet].map((of) => of("w3"))),
    ],
    changed: commands(ready),
  },
  {
    edit: "a worker less",
    to: withHosts((hosts) => hosts.filter(({ name }) => name !== "w1")),
    removed: [
      ...leaf("dev-kubernetes-w1-node"),
      ...commands(...[claim, prepare, images, join, kubelet].map((of) => of("w1"))),
    ],
    changed: commands(ready),
  },
  ...["cp4", "cp0"].map((name) => ({
    edit: `a new control plane that sorts ${name === "cp4" ? "last" : "first"}`,
    to: withHosts((hosts) => [...hosts, { name, ip: "10.77.0.14", roles: ["control-plane"] }]),
    added: [
      ...["apiserver", "apiserver-kubelet-client", "controller-manager", "scheduler", "node"].flatMap((use) =>
        leaf(`dev-kubernetes-${name}-${use}`),
      ),
      ...leaf(`dev-front-proxy-${name}-client`),
      ...leaf(`dev-etcd-${name}-apiserver-client`),
      ...commands(...[claim, prepare, images, vip, join, controlPlane, kubelet].map((of) => of(name))),
    ],
    // The first by name is the one that acts for the whole cluster.
    changed: [coreDns, ...commands(...controlPlanes.map(vip), ready, ...(name === "cp0" ? [settings] : []))],
  })),
];

const plans = new Map<string, Promise<Recording>>();

/** The program run with an edit of the table, once. */
function edited(edit: string): Promise<Recording> {
  const { to } = edits.find((one) => one.edit === edit)!;
  const plan = plans.get(edit) ?? record(to).then((recording) => recording.succeeded());
  plans.set(edit, plan);
  return plan;
}

describe("an edit plans these resources and no others:", () => {
  for (const { edit, from, added = [], removed = [], changed = [] } of edits) {
    test(edit, async () => {
      const before = from ? (await record(from)).succeeded() : await devCluster();
      const expected = { added: [...added].sort(), removed: [...removed].sort(), changed: [...changed].sort() };
      assert.deepEqual(difference(before, await edited(edit)), expected);
    });
  }

  test("another SSH key: every command but what happened once", async () => {
    const ssh = { ...(devConfig()["ssh"] as object), privateKeyFile: undefined };
    const privateKey = utils.generateKeyPairSync("ed25519").private;
    const before = await devCluster();
    const planned = difference(before, (await record(devConfig({ ssh: { ...ssh, privateKey } }))).succeeded());
    const lasting = before.commands.filter(({ name }) => !/-(join|start)$/.test(name));
    const changed = commands(...lasting.map(({ name }) => name)).sort();
    assert.deepEqual(planned, { added: [], removed: [], changed });
  });

  test("what happened once carries a new version and yet is not planned again", async () => {
    for (const name of [join("cp1"), join("w1")]) {
      const { old, now } = await changedLines("a Kubernetes patch", name);
      assert.ok(old.includes("KUBERNETES_VERSION='v1.35.4'") && now.includes("KUBERNETES_VERSION='v1.35.5'"), name);
    }
  });
});

/** The lines of a command that an edit takes away, and those that it brings. */
async function changedLines(edit: string, name: string): Promise<{ old: string[]; now: string[] }> {
  const lines = (recording: Recording) => String(recording.custom(name).inputs["create"]).split("\n");
  const [before, after] = [lines(await devCluster()), lines(await edited(edit))];
  return {
    old: before.filter((line) => !after.includes(line)),
    now: after.filter((line) => !before.includes(line)),
  };
}

interface Versions {
  kubernetes: string;
  containerd: string;
  etcd: string;
  pause: string;
}

const running: Versions = { kubernetes: "1.35.4", containerd: "2.2.9", etcd: "3.6.16", pause: "3.10.1" };

const kubernetesVersion = ({ kubernetes }: Versions) => `KUBERNETES_VERSION='v${kubernetes}'`;
const containerdVersion = ({ containerd }: Versions) => `CONTAINERD_VERSION='${containerd}'`;
const etcdVersion = ({ etcd }: Versions) => `ETCD_VERSION='${etcd}'`;
const sandbox = ({ pause }: Versions) => `sandbox = "registry.k8s.io/pause:${pause}"`;
const released = ({ kubernetes, containerd }: Versions) =>
  `RELEASED=('containerd.io=${containerd}-*' 'kubelet=${kubernetes}-*' 'kubeadm=${kubernetes}-*' 'kubectl=${kubernetes}-*')`;
const kubeadm = ({ kubernetes }: Versions) => `PACKAGES=('kubeadm=${kubernetes}-*' 'kubectl=${kubernetes}-*')`;
const document = ({ kubernetes }: Versions) => `kubernetesVersion: v${kubernetes}`;
const unit = ({ etcd }: Versions) => `ExecStart=/opt/etcd/${etcd}/etcd --config-file=/etc/etcd/etcd.yaml`;

/** By edit and resource: the lines that differ, as a function of the versions. */
const upgrades: [string, Partial<Versions>, Record<string, ((versions: Versions) => string)[]>][] = [
  [
    "a Kubernetes patch",
    { kubernetes: "1.35.5" },
    {
      [prepare("w1")]: [kubernetesVersion, released],
      [snapshot]: [kubernetesVersion],
      [controlPlane("cp2")]: [kubernetesVersion, kubeadm, document],
      [settings]: [kubernetesVersion, document],
      [kubelet("cp1")]: [kubernetesVersion, released],
      [kubelet("w1")]: [kubernetesVersion, released],
      [ready]: [kubernetesVersion],
    },
  ],
  ["etcd's version", { etcd: "3.6.17" }, { [snapshot]: [etcdVersion], [member("cp3")]: [etcdVersion, unit] }],
  [
    "containerd's version",
    { containerd: "2.2.10" },
    { [prepare("cp1")]: [containerdVersion, released], [kubelet("w2")]: [containerdVersion, released] },
  ],
  [
    "Kubernetes, etcd and containerd together",
    { kubernetes: "1.36.3", etcd: "3.6.17", containerd: "2.2.10", pause: "3.10.2" },
    {
      [snapshot]: [kubernetesVersion, etcdVersion],
      [member("cp1")]: [etcdVersion, unit],
      [controlPlane("cp1")]: [kubernetesVersion, kubeadm, document],
      [kubelet("w1")]: [kubernetesVersion, containerdVersion, released, sandbox],
    },
  ],
];

/** By edit: a resource, and the lines that it loses and gets. */
const configured: [string, string, string[], string[]][] = [
  ["a flag of apiServer", controlPlane("cp1"), [], ["    - name: v", '      value: "4"']],
  ["a field of the kubelet", kubelet("w1"), [], ["maxPods: 50"]],
  ["a field of kube-proxy", settings, ["mode: nftables"], ["mode: iptables"]],
  [
    "a setting of etcd",
    member("cp1"),
    ["election-timeout: 1000", "heartbeat-interval: 100"],
    ["election-timeout: 2000", "heartbeat-interval: 200"],
  ],
  ["keepalived's router id", vip("cp1"), ["    virtual_router_id 51"], ["    virtual_router_id 52"]],
];

describe("the diff of a command shows what changes, old and new, and nothing else:", () => {
  for (const [edit, versions, resources] of upgrades) {
    test(edit, async () => {
      const wanted = { ...running, ...versions };
      for (const [name, lines] of Object.entries(resources)) {
        const { old, now } = await changedLines(edit, name);
        const trimmed = (list: string[]) => list.map((line) => line.trim()).sort();
        assert.deepEqual(trimmed(old), lines.map((line) => line(running)).sort(), name);
        assert.deepEqual(trimmed(now), lines.map((line) => line(wanted)).sort(), name);
      }
    });
  }

  test("a Kubernetes patch, in the images of a control plane: other tags in one list", async () => {
    const { old, now } = await changedLines("a Kubernetes patch", images("cp1"));
    assert.equal(old.length, 1);
    assert.match(old[0]!, /^IMAGES=\(.*kube-apiserver:v1\.35\.4/);
    assert.deepEqual(now, [old[0]!.replaceAll("v1.35.4", "v1.35.5")]);
  });

  for (const [edit, name, old, now] of configured) {
    test(edit, async () => assert.deepEqual(await changedLines(edit, name), { old, now }));
  }
});
