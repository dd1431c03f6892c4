/** Nodes of machines that were replaced: the script run for real, with a cluster of files behind kubectl. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";

import { runOnCluster, type FakeNode, type FakePod } from "../../test/fake-kubectl";
import { devSpec } from "../../test/fixtures";
import { scratch } from "../../test/scratch";
import { bareFacts, observed } from "../observe/fixture";
import { asFound } from "../observe/replaced";
import type { ClusterSpec } from "../spec/types";
import { forgetScript } from "./forget";

const folder = scratch();
let number = 0;

/** The dev stack, on whose hosts of these names fresh machines answer. */
function replaced(...names: string[]): ClusterSpec {
  const spec = devSpec();
  for (const host of spec.hosts) host.settled = true;
  const fresh = spec.hosts.filter(({ name }) => names.includes(name));
  return asFound(spec, new Map(fresh.map((host) => [host.name, observed(bareFacts(spec, host))])));
}

const fresh = (name: string) =>
  bareFacts(
    devSpec(),
    devSpec().hosts.find((host) => host.name === name)!,
  ).machineId;

function forget(nodes: Record<string, FakeNode>, pods: FakePod[] = [], spec = replaced("w1")) {
  const script = forgetScript(spec);
  number += 1;
  const parts = script.parts.map((part) => part.replaceAll("wait_until 150", "wait_until 1"));
  return runOnCluster(join(folder, String(number)), { ...script, parts }, nodes, pods);
}

describe("the node of a machine that was replaced", () => {
  test("goes once nobody answers for it, with the pods that ran there, and no other does", async () => {
    const pods = ["w1", "w2"].map((node) => ({ name: `default/on-${node}`, node, controller: "StatefulSet" }));
    const { ok, said, changes, ...after } = await forget({ w1: { ready: "Unknown" }, w2: {} }, pods);
    assert.ok(ok, said);
    assert.deepEqual(changes, ["delete node w1", "forget the pods of w1"]);
    assert.deepEqual(Object.keys(after.nodes), ["w2"]);
    assert.deepEqual(
      after.pods.map(({ name }) => name),
      ["default/on-w2"],
    );
  });

  for (const ready of ["True", "False"]) {
    test(`stays while its kubelet answers, Ready ${ready}, and the run ends there`, async () => {
      const { ok, said, changes } = await forget({ w1: { ready, machineId: "another" } });
      assert.ok(!ok);
      assert.deepEqual(changes, []);
      assert.match(said, /the machine that was w1: if that still runs, switch it off\. Last answer: Ready: /);
    });
  }

  test("is left alone when it is the fresh machine's own, of a run that was cut off", async () => {
    const { ok, said, changes } = await forget({ w1: { machineId: fresh("w1") } });
    assert.ok(ok, said);
    assert.deepEqual(changes, []);
  });

  test("may be gone already", async () => {
    const { ok, said, changes } = await forget({ w2: {} });
    assert.ok(ok, said);
    assert.deepEqual(changes, []);
  });

  test("is one of each host, control planes too", async () => {
    const nodes = { cp1: { ready: "Unknown", controlPlane: true }, w1: { ready: "Unknown" }, w2: {} };
    const { ok, said, ...after } = await forget(nodes, [], replaced("cp1", "w1"));
    assert.ok(ok, said);
    assert.deepEqual(Object.keys(after.nodes), ["w2"]);
  });
});
