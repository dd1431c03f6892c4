/** A minor upgrade under load that is cut off at several stages of it, and finished by the next run each time. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { sleep } from "../../lab/sh";
import { startLoad, type LoadReport } from "../load/load";
import type { Lab } from "./lab";
import { assertReady } from "./sentences";

const CONTROL_PLANES = ["cp1", "cp2", "cp3"];
const NODES = [...CONTROL_PLANES, "w1", "w2"];

/** Seconds until a stage must have been reached: everything before it on two busy cores. */
const STAGE_LIMIT = 600;

interface Stage {
  title: string;
  /** Where the stage is seen, by which condition. */
  host: string;
  condition: string;
  cut: (lab: Lab) => Promise<void>;
  /** Left to `npm run drill -- upgrade-cuts`, for its time. */
  drillOnly?: boolean;
}

const apiServerAway = "[ ! -f /etc/kubernetes/manifests/kube-apiserver.yaml ]";
const running = (concern: string) => `[ -d /run/kubeadm-ha/${concern} ]`;
const cordoned =
  "[ -n \"$(kubectl --kubeconfig /etc/kubernetes/kubelet.conf get node $(hostname) -o 'jsonpath={.spec.unschedulable}')\" ]";

const engineKilled = (lab: Lab) => lab.killPulumi();
const powerCut = (host: string) => async (lab: Lab) => {
  await lab.lab("kill", host);
  await lab.lab("start", host);
};

/** In the order in which one upgrade meets them. */
export const stages: Stage[] = [
  {
    title: "engine killed while packages are installed on a control plane",
    host: "cp1",
    condition: `${running("static-pods")} && pgrep -x dpkg`,
    cut: engineKilled,
    drillOnly: true,
  },
  {
    title: "host powered off while its API server's manifest is away",
    host: "cp1",
    condition: apiServerAway,
    cut: powerCut("cp1"),
  },
  {
    title: "engine killed while a new API server starts",
    host: "cp2",
    condition: `${running("static-pods")} && [ -f /run/kubeadm-ha/static-pods/put-kube-apiserver ]`,
    cut: engineKilled,
    drillOnly: true,
  },
  {
    title: "host powered off while its new controller manager starts",
    host: "cp3",
    condition: `${running("static-pods")} && [ -f /run/kubeadm-ha/static-pods/put-kube-controller-manager ]`,
    cut: powerCut("cp3"),
    drillOnly: true,
  },
  {
    title: "engine killed while the cluster's settings are published",
    host: "cp1",
    condition: `${running("settings")} && pgrep -x kubeadm`,
    cut: engineKilled,
    drillOnly: true,
  },
  {
    title: "engine killed while a control plane is drained",
    host: "cp2",
    condition: `${running("kubelet")} && ${cordoned}`,
    cut: engineKilled,
  },
  {
    title: "host powered off while its static pods wait for the new kubelet",
    host: "cp3",
    condition: `${running("kubelet")} && ${apiServerAway}`,
    cut: powerCut("cp3"),
    drillOnly: true,
  },
  {
    title: "worker powered off while its kubelet is changed",
    host: "w1",
    condition: `${running("kubelet")} && pgrep -x dpkg`,
    cut: powerCut("w1"),
  },
];

/** `up` that is cut off at a stage. */
export async function cutAt(lab: Lab, stage: Stage): Promise<void> {
  const { code } = await lab.upCutOff(stage.host, stage.condition, STAGE_LIMIT, () => stage.cut(lab));
  assert.notEqual(code, 0, "the run came to its end before it was cut off");
  await sleep(1);
}

/** From the version that runs to `to`. */
export function interruptedUpgrade(lab: Lab, to: string): void {
  test(`an upgrade to ${to} that is cut off again and again is finished, and nothing acknowledged is lost`, async (t) => {
    const kubeconfig = await lab.pulumiOk("stack", "output", "kubeconfig", "--show-secrets");
    const load = await startLoad({ kubeconfig });
    let report: LoadReport;
    try {
      // The operator's own business: it must be as it was when all is done.
      await lab.kubectl("cordon", "w2");
      lab.configure({ kubernetesVersion: to });
      for (const stage of stages.filter(({ drillOnly }) => !drillOnly)) {
        await t.test(stage.title, () => cutAt(lab, stage));
      }
      await t.test("the last run finishes", async () => {
        await lab.up();
      });
    } finally {
      report = await load.stop();
    }
    assert.deepEqual(report.writes.lost, []);
    assert.deepEqual(report.watch.missed, []);
  });

  test("after it every node runs the new version, and nothing is left of the cuts", async () => {
    await assertReady(lab, NODES);
    const versions = await lab.kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.nodeInfo.kubeletVersion}");
    assert.equal(versions, NODES.map(() => to).join(" "));
    const images = await lab.kubectl(
      "-n",
      "kube-system",
      "get",
      "pods",
      "-l",
      "tier=control-plane",
      "-o",
      'jsonpath={range .items[*]}{.spec.containers[0].image}{"\\n"}{end}',
    );
    assert.deepEqual(
      new Set(
        images
          .trim()
          .split("\n")
          .map((image) => image.split(":").at(-1)),
      ),
      new Set([to]),
    );
    for (const host of CONTROL_PLANES) {
      assert.equal(await lab.on(host, "ls -d /var/lib/kubeadm-ha/old-manifests 2>/dev/null || echo none"), "none");
      assert.equal(await lab.on(host, "ls /usr/sbin/policy-rc.d 2>/dev/null || echo none"), "none");
    }
    await lab.unchanged();
  });

  test("a node that the operator had cordoned is still cordoned, and no other is", async () => {
    const rows = await lab.kubectl(
      "get",
      "nodes",
      "-o",
      "jsonpath={range .items[*]}{.metadata.name}={.spec.unschedulable} {end}",
    );
    assert.equal(rows.trim(), NODES.map((name) => (name === "w2" ? "w2=true" : `${name}=`)).join(" "));
    await lab.kubectl("uncordon", "w2");
  });
}
