/** Fresh machines under known names: what is planned when they answer. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { commands } from "./edits";
import * as names from "./names";
import { answeringCluster, type Answering } from "./observed";
import { difference, type Recording } from "./recording";

const { claim, prepare, images, stage, vip, join, start, member, controlPlane, kubelet, forget } = names;

describe("on hosts that answer", { timeout: 300_000 }, () => {
  let hosts: Answering;
  let unchanged: Recording;
  before(async () => {
    hosts = await answeringCluster();
    unchanged = (await hosts.run({})).succeeded();
  });
  after(() => hosts.close());

  const planned = async (...fresh: string[]) => {
    const recording = (await hosts.run({ fresh })).succeeded();
    return { recording, changes: difference(unchanged, recording) };
  };

  test("nothing is repaired where nothing differs", () => {
    const repaired = unchanged.commands.filter(({ inputs }) => String(inputs["create"]).includes("\nREPAIR="));
    assert.deepEqual(
      repaired.map(({ name }) => name),
      [],
    );
  });

  test("a worker that was replaced is prepared and joins again, once its old node is deleted", async () => {
    const { recording, changes } = await planned("w2");
    const own = [claim, prepare, images, stage, join, kubelet].map((of) => of("w2"));
    assert.deepEqual(changes, { added: commands(forget), removed: [], changed: commands(...own).sort() });
    assert.ok(recording.waitsFor(join("w2"), forget));
    assert.ok(!recording.waitsFor(prepare("w2"), forget));
    for (const name of ["cp1", "w1"]) assert.ok(recording.waitsFor(forget, claim(name)));
  });

  test("and so is the first control plane, whose affairs of the whole cluster another takes over", async () => {
    const { recording, changes } = await planned("cp1");
    const own = [claim, prepare, images, stage, vip, start, member, join, controlPlane, kubelet].map((of) => of("cp1"));
    const { etcdHealthy, snapshot, controlPlaneNodes, settings, workerNodes, labels, ready } = names;
    const others = [etcdHealthy, snapshot, controlPlaneNodes, settings, workerNodes, labels, ready];
    const changed = commands(...own, ...others).sort();
    assert.deepEqual(changes, { added: commands(forget), removed: [], changed });
    assert.ok(recording.waitsFor(join("cp1"), forget));
  });
});
