/**
 * What an edit of the configuration plans: for each the exact set of resources, nothing more and nothing less. The
 * order in which they change is order.test.ts's.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { utils } from "ssh2";

import { devConfig } from "../fixtures";
import { commands, edits } from "./edits";
import { controlPlane, isOnce, join, kubelet, member, ready, settings, snapshot, stage, vip } from "./names";
import { difference, LOCAL_COMMAND, type Recording } from "./recording";
import { devCluster, recordAgain } from "./topologies";

const plans = new Map<string, Promise<Recording>>();

/** The program run with an edit of the table, once. */
function edited(edit: string): Promise<Recording> {
  const { to, from = devConfig() } = edits.find((one) => one.edit === edit)!;
  const plan = plans.get(edit) ?? recordAgain(to, from);
  plans.set(edit, plan);
  return plan;
}

describe("an edit plans these resources and no others:", () => {
  for (const { edit, from, added = [], removed = [], changed = [] } of edits) {
    test(edit, async () => {
      const before = from ? await recordAgain(from) : await devCluster();
      const expected = { added: [...added].sort(), removed: [...removed].sort(), changed: [...changed].sort() };
      assert.deepEqual(difference(before, await edited(edit)), expected);
    });
  }

  test("another SSH key: every command but what happened once", async () => {
    const ssh = { ...(devConfig()["ssh"] as object), privateKeyFile: undefined };
    const privateKey = utils.generateKeyPairSync("ed25519").private;
    const before = await devCluster();
    const planned = difference(before, await recordAgain(devConfig({ ssh: { ...ssh, privateKey } })));
    const lasting = before.commands.filter(({ name }) => !isOnce(name));
    const local = before.localCommands.map(({ name }) => `${LOCAL_COMMAND} ${name}`);
    const changed = [...commands(...lasting.map(({ name }) => name)), ...local].sort();
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
      [stage("w1")]: [kubernetesVersion, released],
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
    { [stage("cp1")]: [containerdVersion, released], [kubelet("w2")]: [containerdVersion, released] },
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
        const trimmed = (list: string[]) =>
          list
            .map((line) => line.trim())
            .filter((line) => !line.startsWith("IMAGES="))
            .sort();
        assert.deepEqual(trimmed(old), lines.map((line) => line(running)).sort(), name);
        assert.deepEqual(trimmed(now), lines.map((line) => line(wanted)).sort(), name);
      }
    });
  }

  test("a Kubernetes patch, in a control plane's images: other tags in one list", async () => {
    const { old, now } = await changedLines("a Kubernetes patch", stage("cp1"));
    const images = old.filter((line) => line.startsWith("IMAGES="));
    assert.match(images.join(), /kube-apiserver:v1\.35\.4.*kube-proxy:v1\.35\.4/);
    assert.ok(now.includes(images.join().replaceAll("v1.35.4", "v1.35.5")), now.join("\n"));
  });

  for (const [edit, name, old, now] of configured) {
    test(edit, async () => assert.deepEqual(await changedLines(edit, name), { old, now }));
  }
});
