/** What hosts that are asked change in a plan: fresh machines under known names, and those that do not answer. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { withHosts } from "../fixtures";
import { commands } from "./edits";
import * as names from "./names";
import { answeringCluster, type Answering } from "./observed";
import { difference, type Recording } from "./recording";

const { claim, prepare, images, stage, vip, join, start, member, controlPlane, kubelet, forget } = names;

describe("on hosts that answer", { timeout: 600_000 }, () => {
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

  test("one that does not answer is no matter where nothing changes, and refuses a preview that changes something", async () => {
    const silent = ["w2"];
    const quiet = (await hosts.run({ silent })).succeeded();
    assert.deepEqual(difference(unchanged, quiet), { added: [], removed: [], changed: [] });
    const edit = { ...hosts.config, rollout: { drain: { timeoutSeconds: 600 } } };
    const { errors } = await hosts.run({ silent }, edit, true);
    assert.match(
      errors.join("\n"),
      /1 problem, nothing was changed\n {2}hosts\[4\] \(w2\) 127\.0\.0\.1: gives no answer .*: kubelet\. Start it/,
    );
    // An update that nobody previewed has begun by then.
    assert.match((await hosts.run({ silent }, edit)).succeeded().messages.join("\n"), /\(w2\) .*gives no answer/);
  });

  test("maintenance hands over on a host that answers, and leaves one alone that is off", async () => {
    const edit = withHosts(
      (all) => all.map((host) => (host.name === "cp2" ? { ...host, state: "maintenance" } : host)),
      hosts.config,
    );
    const plan = async (silent: string[]) => difference(unchanged, (await hosts.run({ silent }, edit)).succeeded());
    const cluster = [names.controlPlaneNodes, names.ready];
    const added = { added: [], removed: [] };
    assert.deepEqual(await plan(["cp2"]), { ...added, changed: commands(...cluster).sort() });
    const handedOver = [...cluster, vip("cp2"), member("cp2")];
    assert.deepEqual(await plan([]), { ...added, changed: commands(...handedOver).sort() });
  });
});
