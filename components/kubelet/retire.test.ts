/** How nodes leave: the script run for real, with a cluster of files behind kubectl. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";

import { runOnCluster, type FakeNode, type FakePod } from "../../test/fake-kubectl";
import { devConfig, devSpec, specOf, withHosts } from "../../test/fixtures";
import { scratch } from "../../test/scratch";
import { Role } from "../spec/types";
import { leaveScript, retireScript } from "./retire";

const folder = scratch();
let number = 0;

const ours = { annotations: { "kubeadm-ha/cluster": "dev" } };
const cordoned: FakeNode = { unschedulable: true, annotations: { ...ours.annotations, "kubeadm-ha/retired": "yes" } };
const web = (name: string, node: string, more: Partial<FakePod> = {}): FakePod => ({
  name: `default/${name}`,
  node,
  controller: "ReplicaSet",
  ...more,
});

interface Wanted {
  /** Names of workers; default w1 and w2. */
  workers?: string[];
  maintenance?: string[];
  drain?: Record<string, unknown>;
  role?: Role;
}

function retire(wanted: Wanted, nodes: Record<string, FakeNode>, pods: FakePod[] = []) {
  const { workers = ["w1", "w2"], maintenance = [], drain = {}, role = Role.Worker } = wanted;
  const config = withHosts(
    (hosts) => hosts.filter(({ name, roles }) => !roles.includes("worker") || workers.includes(name)),
    devConfig({ rollout: { drain } }),
  );
  const script = retireScript(specOf(config), role);
  number += 1;
  const variables = { ...script.variables, MAINTENANCE: maintenance, DRAIN_TIMEOUT: 1 };
  return runOnCluster(join(folder, String(number)), { ...script, variables }, nodes, pods);
}

function leave(leaving: string[], nodes: Record<string, FakeNode>, pods: FakePod[] = []) {
  const script = leaveScript(devSpec());
  number += 1;
  const variables = { ...script.variables, LEAVING: leaving, DRAIN_TIMEOUT: 1 };
  return runOnCluster(join(folder, String(number)), { ...script, variables }, nodes, pods);
}

describe("nodes of the configuration", () => {
  test("get our mark, once", async () => {
    const { ok, said, changes } = await retire({}, { w1: {}, w2: ours });
    assert.ok(ok, said);
    assert.deepEqual(changes, ["annotate w1 kubeadm-ha/cluster=dev"]);
  });

  test("that are missing, strangers and other roles are left alone", async () => {
    const nodes = {
      w2: ours,
      theirs: {},
      other: { annotations: { "kubeadm-ha/cluster": "prod" } },
      cp9: { ...ours, controlPlane: true },
    };
    const { ok, said, changes } = await retire({}, nodes, [web("a", "theirs"), web("b", "cp9")]);
    assert.ok(ok, said);
    assert.deepEqual(changes, []);
    assert.match(said, /w1: its node is not in the cluster at present/);
  });
});

describe("a node that left the configuration", () => {
  test("is emptied and deleted; all that leave are cordoned before the first is emptied", async () => {
    const nodes = { w1: ours, w2: ours };
    const pods = [
      web("a", "w1"),
      web("b", "w2"),
      web("proxy", "w1", { controller: "DaemonSet" }),
      web("static", "w1", { controller: "Node" }),
    ];
    const { ok, said, changes, ...after } = await retire({ workers: [] }, nodes, pods);
    assert.ok(ok, said);
    const cordon = (name: string) =>
      `patch node ${name} {"metadata":{"annotations":{"kubeadm-ha/retired":"yes"}},"spec":{"unschedulable":true}}`;
    const gone = (name: string) => [`delete node ${name}`, `forget the pods of ${name}`];
    assert.deepEqual(changes, [
      cordon("w1"),
      cordon("w2"),
      "evict default/a",
      ...gone("w1"),
      "evict default/b",
      ...gone("w2"),
    ]);
    assert.deepEqual([after.nodes, after.pods], [{}, []]);
  });

  test("of the control plane leaves in its own role's turn", async () => {
    const nodes = { cp1: { ...ours, controlPlane: true }, cp9: { ...ours, controlPlane: true }, w9: ours };
    const { ok, said, ...after } = await retire({ role: Role.ControlPlane }, nodes, [web("a", "cp9")]);
    assert.ok(ok, said);
    assert.deepEqual(Object.keys(after.nodes), ["cp1", "w9"]);
  });

  test("takes pods without a controller with it, and they are named", async () => {
    const { ok, said, changes } = await retire({ workers: ["w1"] }, { w1: ours, w2: ours }, [
      web("bare", "w2", { controller: "-" }),
    ]);
    assert.ok(ok, said);
    assert.match(said, /w2: these pods have no controller and end with their node.*: default\/bare/);
    assert.ok(changes.includes("evict default/bare"));
  });

  test("that a budget keeps stays, uncordoned, with all that were to go after it", async () => {
    const pods = [web("a", "w1", { guarded: true })];
    const { ok, said, nodes } = await retire({ workers: [] }, { w1: ours, w2: ours }, pods);
    assert.ok(!ok);
    assert.match(said, /w1 was not drained in 1 s: default\/a: .*disruption budget.*rollout\.drain\.onBlocked/s);
    assert.deepEqual(nodes, {
      w1: { ...ours, labels: {}, unschedulable: false },
      w2: { ...ours, labels: {}, unschedulable: false },
    });
  });

  for (const onBlocked of ["skip", "disableEviction"]) {
    test(`goes past its budgets with ${onBlocked}`, async () => {
      const pods = [web("a", "w2", { guarded: true })];
      const { ok, said, changes } = await retire(
        { workers: ["w1"], drain: { onBlocked } },
        { w1: ours, w2: ours },
        pods,
      );
      assert.ok(ok, said);
      assert.match(said, /w2: deleting default\/a, which its PodDisruptionBudget did not let go/);
      assert.deepEqual(changes.slice(1), ["delete default/a", "delete node w2", "forget the pods of w2"]);
    });
  }

  test("stays when data would be lost that is not to be", async () => {
    const pods = [web("a", "w2", { emptyDir: true })];
    const { ok, said, nodes } = await retire(
      { workers: ["w1"], drain: { deleteEmptyDirData: false } },
      { w1: ours, w2: ours },
      pods,
    );
    assert.ok(!ok);
    assert.match(said, /w2 was not drained: default\/a have emptyDir data/);
    assert.equal(nodes["w2"]?.unschedulable, false);
  });

  test("and does not answer is deleted as it is, and its pods are given up by name", async () => {
    const pods = [web("a", "w2", { guarded: true }), web("db-0", "w2", { controller: "StatefulSet" })];
    const { ok, said, changes, ...after } = await retire(
      { workers: ["w1"] },
      { w1: ours, w2: { ...ours, ready: "Unknown" } },
      pods,
    );
    assert.ok(ok, said);
    assert.match(said, /w2: does not answer, so it is deleted without a drain/);
    assert.match(said, /given up, .*: default\/a default\/db-0/);
    assert.deepEqual(changes.slice(1), ["delete node w2", "forget the pods of w2"]);
    assert.deepEqual(after.pods, []);
  });

  test("and says itself that it is not ready is still emptied", async () => {
    const nodes = { w1: ours, w2: { ...ours, ready: "False" } };
    const { ok, said, changes } = await retire({ workers: ["w1"] }, nodes, [web("a", "w2")]);
    assert.ok(ok, said);
    assert.ok(changes.includes("evict default/a"));
  });
});

describe("a control plane that leaves", () => {
  const plane: FakeNode = { ...ours, controlPlane: true };
  const cordon = `patch node cp9 {"metadata":{"annotations":{"kubeadm-ha/retired":"yes"}},"spec":{"unschedulable":true}}`;
  const mark = `patch node cp9 {"metadata":{"annotations":{"kubeadm-ha/drained":"yes"}}}`;

  test("is drained and stays in the cluster, and is deleted later though its kubelet is silent by then", async () => {
    const before = await leave(["cp9"], { cp1: plane, cp9: plane }, [web("a", "cp9"), web("b", "cp1")]);
    assert.ok(before.ok, before.said);
    assert.deepEqual(before.changes, [cordon, "evict default/a", mark]);
    const nodes = { ...before.nodes, cp9: { ...before.nodes["cp9"], ready: "Unknown" } };
    const after = await retire({ role: Role.ControlPlane }, nodes);
    assert.ok(after.ok, after.said);
    assert.deepEqual(after.changes, ["delete node cp9", "forget the pods of cp9"]);
    assert.doesNotMatch(after.said, /switch it off/);
  });

  test("that does not answer is cordoned, and what is lost with it is said when it is deleted", async () => {
    const before = await leave(["cp9"], { cp1: plane, cp9: { ...plane, ready: "Unknown" } }, [web("a", "cp9")]);
    assert.ok(before.ok, before.said);
    assert.deepEqual(before.changes, [cordon]);
    const after = await retire({ role: Role.ControlPlane }, before.nodes, before.pods);
    assert.ok(after.ok, after.said);
    assert.match(after.said, /cp9: does not answer, so it is deleted without a drain/);
  });

  test("that a budget keeps is back in service, and the run has failed before anything of it ended", async () => {
    const { ok, said, nodes } = await leave(["cp9"], { cp9: plane }, [web("a", "cp9", { guarded: true })]);
    assert.ok(!ok);
    assert.match(said, /cp9 was not drained in 1 s/);
    assert.deepEqual([nodes["cp9"]?.unschedulable, nodes["cp9"]?.annotations], [false, ours.annotations]);
  });

  test("is left alone where its node is gone or somebody else's", async () => {
    const nodes = { cp9: { annotations: { "kubeadm-ha/cluster": "prod" } } };
    const { ok, said, changes } = await leave(["cp9", "cpX"], nodes, [web("a", "cp9")]);
    assert.ok(ok, said);
    assert.deepEqual(changes, []);
    assert.match(said, /cp9: its node is not one of this cluster/);
    assert.match(said, /cpX: its node is not in the cluster/);
  });

  test("and is in the configuration again is put back, and is not taken for drained later", async () => {
    const before = await leave(["cp3"], { cp1: plane, cp2: plane, cp3: plane });
    const { ok, said, nodes } = await retire({ role: Role.ControlPlane }, before.nodes);
    assert.ok(ok, said);
    assert.match(said, /cp3: back in service/);
    assert.deepEqual(nodes["cp3"], { ...plane, labels: {}, unschedulable: false });
  });
});

describe("a node in maintenance", () => {
  test("is cordoned, emptied and kept; a pod without a controller stays on it", async () => {
    const pods = [web("a", "w2"), web("bare", "w2", { controller: "-" })];
    const { ok, said, changes, nodes } = await retire({ maintenance: ["w2"] }, { w1: ours, w2: ours }, pods);
    assert.ok(ok, said);
    assert.equal(changes.length, 2);
    assert.equal(changes[1], "evict default/a");
    assert.equal(nodes["w2"]?.unschedulable, true);
  });

  test("that does not answer is only cordoned", async () => {
    const nodes = { w1: ours, w2: { ...ours, ready: "Unknown" } };
    const { ok, said, changes } = await retire({ maintenance: ["w2"] }, nodes, [web("a", "w2")]);
    assert.ok(ok, said);
    assert.equal(changes.length, 1);
    assert.match(said, /w2: does not answer, so its pods are left to the cluster/);
  });

  test("that cannot be emptied is back in service, and the run has failed", async () => {
    const pods = [web("a", "w2", { guarded: true })];
    const { ok, nodes } = await retire({ maintenance: ["w2"] }, { w1: ours, w2: ours }, pods);
    assert.ok(!ok);
    assert.equal(nodes["w2"]?.unschedulable, false);
  });

  test("comes back afterwards, and so does one that was to leave and is in the configuration again", async () => {
    const { ok, said, nodes } = await retire({}, { w1: ours, w2: cordoned });
    assert.ok(ok, said);
    assert.match(said, /w2: back in service/);
    assert.deepEqual(nodes["w2"], { ...ours, labels: {}, unschedulable: false });
  });

  test("that an operator had cordoned stays cordoned afterwards", async () => {
    const byHand = { ...ours, unschedulable: true };
    const during = await retire({ maintenance: ["w2"] }, { w1: ours, w2: byHand }, [web("a", "w2")]);
    assert.deepEqual(during.changes, ["evict default/a"]);
    const { changes } = await retire({}, during.nodes);
    assert.deepEqual(changes, []);
  });
});

test("who leaves is named by name", () => {
  const spec = devSpec();
  spec.departed = [spec.hosts[0]!];
  assert.deepEqual(leaveScript(spec).variables["LEAVING"], ["cp1"]);
});

test("the script of a role names no host that it runs on", () => {
  const { variables } = retireScript(devSpec(), Role.ControlPlane);
  assert.deepEqual(variables["NODES"], ["cp1", "cp2", "cp3"]);
  assert.ok(!("NODE_NAME" in variables));
});
