/** A cluster whose state is lost: what is refused, and the way back. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { backendDir } from "../../lab/engine/state";
import type { Lab } from "./lab";
import { starts, startedContainers } from "./rollouts";

const UNITS = ["kubelet", "containerd", "etcd", "haproxy", "keepalived"];

/** Loses the state of a built cluster and rebuilds it; everything is as before, but for the certificates of leaves. */
export function adopt(lab: Lab): void {
  test("with its state lost, no preview touches the cluster, adopting rebuilds the state, and nothing restarts", async () => {
    const [units, containers] = [await starts(lab, UNITS), await startedContainers(lab)];
    const refused = await lab.run("adopt", "--up");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /this stack's state holds \d+ resources, and none of them is overwritten/);

    const bringBack = loseState(lab);
    try {
      const preview = await lab.pulumi("preview", "--non-interactive");
      assert.notEqual(preview.code, 0);
      const said = preview.stdout + preview.stderr;
      assert.match(said, /belong to the cluster dev \(CA sha256 \w{16}\), and this stack's state knows no cluster/);
      assert.match(said, /npm run adopt/);

      const adopted = await lab.run("adopt", "--up");
      assert.equal(adopted.code, 0, `${adopted.stdout.slice(-6000)}\n${adopted.stderr.slice(-2000)}`);
    } catch (error) {
      bringBack();
      throw error;
    }
    lab.forgetKubeconfig();
    await lab.unchanged();
    assert.deepEqual(await starts(lab, UNITS), units);
    assert.deepEqual(await startedContainers(lab), containers);
    await lab.kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s");
    assert.doesNotMatch(await lab.pulumiOk("stack", "export"), /PRIVATE KEY|LS0tLS1CRUdJTiBF/);
  });
}

/** Takes the state's files away; the returned function puts them back. */
function loseState(lab: Lab): () => void {
  const folder = join(backendDir(lab.name), ".pulumi", "stacks", "kubeadm-ha");
  const aside = mkdtempSync(join(tmpdir(), "kubeadm-ha-lost-"));
  const files = readdirSync(folder);
  for (const file of files) renameSync(join(folder, file), join(aside, file));
  return () => {
    for (const file of readdirSync(folder)) rmSync(join(folder, file));
    for (const file of files) renameSync(join(aside, file), join(folder, file));
  };
}
