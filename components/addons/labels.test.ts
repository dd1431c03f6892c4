/** Labels and taints: the script run for real, with a cluster of files behind kubectl. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { runOnCluster, type FakeNode } from "../../test/fake-kubectl";
import { scratch } from "../../test/scratch";
import { readScript } from "../host/script";

const folder = scratch();
let number = 0;

interface Wanted {
  labels?: string[];
  taints?: string[];
  schedulable?: string[];
}

function give({ labels = [], taints = [], schedulable = [] }: Wanted, nodes: Record<string, FakeNode>) {
  number += 1;
  const script = {
    concern: "cluster-labels",
    variables: { LABELS: labels, TAINTS: taints, SCHEDULABLE: schedulable },
    files: [],
    parts: [readScript(__dirname, "labels.sh")],
    limitSeconds: 60,
  };
  return runOnCluster(join(folder, String(number)), script, nodes);
}

const theirs = {
  key: "node.kubernetes.io/not-ready",
  value: "",
  effect: "NoExecute",
  timeAdded: "2026-01-01T00:00:00Z",
};
const controlPlane = { key: "node-role.kubernetes.io/control-plane", value: "", effect: "NoSchedule" };

test("gives what is wanted and notes it, beside what others gave", async () => {
  const wanted = { labels: ["w1 role=", "w1 zone=a"], taints: ["w1 dedicated=db:NoSchedule", "w1 spot:NoExecute"] };
  const { ok, said, nodes } = await give(wanted, { w1: { labels: { disk: "ssd" }, taints: [theirs] }, w2: {} });
  assert.ok(ok, said);
  assert.deepEqual(nodes["w1"], {
    labels: { disk: "ssd", role: "", zone: "a" },
    taints: [
      theirs,
      { key: "dedicated", value: "db", effect: "NoSchedule" },
      { key: "spot", value: "", effect: "NoExecute" },
    ],
    annotations: { "kubeadm-ha/labels": "role= zone=a", "kubeadm-ha/taints": "dedicated=db:NoSchedule spot:NoExecute" },
  });
  assert.deepEqual(nodes["w2"], {});
});

test("takes away only what it gave, and notes that nothing is left", async () => {
  const dedicated = { key: "dedicated", value: "db", effect: "NoSchedule" };
  const node: FakeNode = {
    labels: { disk: "ssd", zone: "a" },
    taints: [dedicated, { ...dedicated, effect: "NoExecute" }, theirs],
    annotations: { "kubeadm-ha/labels": "zone=a", "kubeadm-ha/taints": "dedicated=db:NoSchedule" },
  };
  const { ok, said, nodes } = await give({}, { w1: node });
  assert.ok(ok, said);
  assert.deepEqual(nodes["w1"], {
    labels: { disk: "ssd" },
    taints: [{ ...dedicated, effect: "NoExecute" }, theirs],
    annotations: {},
  });
});

test("changes values in place; a taint that is as wanted keeps its time", async () => {
  const since = { key: "spot", value: "", effect: "NoExecute", timeAdded: "2026-01-01T00:00:00Z" };
  const node: FakeNode = {
    labels: { zone: "a" },
    taints: [{ key: "dedicated", value: "db", effect: "NoSchedule" }, since],
    annotations: { "kubeadm-ha/labels": "zone=a", "kubeadm-ha/taints": "dedicated=db:NoSchedule spot:NoExecute" },
  };
  const wanted = { labels: ["w1 zone=b"], taints: ["w1 dedicated=web:NoSchedule", "w1 spot:NoExecute"] };
  const { ok, said, nodes } = await give(wanted, { w1: node });
  assert.ok(ok, said);
  assert.deepEqual(nodes["w1"]?.labels, { zone: "b" });
  assert.deepEqual(nodes["w1"]?.taints, [since, { key: "dedicated", value: "web", effect: "NoSchedule" }]);
});

test("kubeadm's taint goes from a schedulable control plane, noted or not, and comes back", async () => {
  const { nodes } = await give(
    { schedulable: ["cp1"] },
    { cp1: { taints: [controlPlane] }, cp2: { taints: [controlPlane] } },
  );
  assert.deepEqual(nodes["cp1"]?.taints, []);
  assert.deepEqual(nodes["cp2"]?.taints, [controlPlane]);
  const again = await give({ taints: ["cp1 node-role.kubernetes.io/control-plane:NoSchedule"] }, nodes);
  assert.deepEqual(again.nodes["cp1"]?.taints, [controlPlane]);
});

test("what is wanted of a node that is not there ends the run before anything is given", async () => {
  const { ok, said, changes } = await give({ labels: ["w1 zone=a"], taints: ["w9 a:NoSchedule"] }, { w1: {} });
  assert.ok(!ok);
  assert.match(said, /there is no node w9 to give a:NoSchedule to/);
  assert.deepEqual(changes, []);
});
