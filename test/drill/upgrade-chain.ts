/** Upgrades on a cluster of their own, under load: two minors, etcd and containerd in turn; one minor cut off at every stage. */
import assert from "node:assert/strict";

import { minors } from "../../components/spec/versions";
import { labConfig } from "../../lab/config";
import { figure, seconds, timed } from "../bench/figures";
import { printLoad } from "../bench/load-figures";
import { Lab } from "../lab/lab";
import { assertReady } from "../lab/sentences";
import { cutAt, stages } from "../lab/upgrade";
import { startLoad } from "../load/load";

const NODES = ["cp1", "cp2", "cp3", "w1", "w2"];

/** From lab/stacks/upgrade.yaml to what the stack of the lab `dev` names, and one minor further. */
export async function upgradeChain(): Promise<void> {
  const lab = new Lab("drill", "upgrade");
  const { etcdVersion, containerdVersion } = labConfig("dev");
  const releases = minors.map(({ tested }) => tested);
  await lab.lab("down");
  await lab.serveAlso({
    kubernetesVersions: releases,
    etcdVersions: [etcdVersion],
    containerdVersions: [containerdVersion],
  });
  await lab.lab("up");
  figure("build", seconds((await timed(() => lab.up())).ms), labConfig(lab.name).kubernetesVersion);

  const kubeconfig = await lab.pulumiOk("stack", "output", "kubeconfig", "--show-secrets");
  const load = await startLoad({ kubeconfig, limitSeconds: 4 * 3600 });
  const changes = [
    { etcdVersion },
    { containerdVersion },
    ...releases.slice(1).map((kubernetesVersion) => ({ kubernetesVersion })),
  ];
  try {
    for (const change of changes) {
      lab.configure(change);
      const plan = await lab.plan();
      const { ms } = await timed(() => lab.up());
      figure(Object.entries(change).flat().join(" "), seconds(ms), `${plan.length} resources updated`);
    }
  } finally {
    const report = await load.stop();
    printLoad(report, []);
    assert.deepEqual(report.problems, []);
    assert.deepEqual(report.writes.lost, []);
    assert.deepEqual(report.watch.missed, []);
    assert.equal(report.workload.failed, 0);
  }
  await assertUpgraded(lab, releases.at(-1)!);
}

/** One minor, cut off once at every stage of it and finished by the run after the last cut. */
export async function upgradeCuts(): Promise<void> {
  const lab = new Lab("drill");
  const wanted = minors.at(-1)!.tested;
  await lab.lab("down");
  await lab.serveAlso({ kubernetesVersions: [wanted] });
  await lab.lab("up");
  await lab.up();
  const kubeconfig = await lab.pulumiOk("stack", "output", "kubeconfig", "--show-secrets");
  const load = await startLoad({ kubeconfig, limitSeconds: 2 * 3600 });
  try {
    lab.configure({ kubernetesVersion: wanted });
    for (const stage of stages) {
      const { ms } = await timed(() => cutAt(lab, stage));
      figure(stage.title, seconds(ms), "until the run had ended");
    }
    figure("the last run", seconds((await timed(() => lab.up())).ms), wanted);
  } finally {
    const report = await load.stop();
    printLoad(report, []);
    assert.deepEqual(report.writes.lost, []);
    assert.deepEqual(report.watch.missed, []);
  }
  await assertUpgraded(lab, wanted);
}

/** Every node runs the version, and nothing is left to do; the lab is taken down. */
async function assertUpgraded(lab: Lab, version: string): Promise<void> {
  await assertReady(lab, NODES);
  const versions = await lab.kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.nodeInfo.kubeletVersion}");
  assert.deepEqual(
    versions.split(" "),
    NODES.map(() => version),
  );
  await lab.unchanged();
  await lab.lab("down");
}
