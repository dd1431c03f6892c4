/** A new containerd on every node: drained, and what the drain policy does about a budget that lets nothing go. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Lab } from "./lab";

const CONTROL_PLANES = ["cp1", "cp2", "cp3"];
const NODES = [...CONTROL_PLANES, "w1", "w2"];

/** From the containerd that runs to `to`. */
export function drainedUpgrade(lab: Lab, from: string, to: string): void {
  test("a drain that a budget blocks ends the run at that node, which is put back into service", async () => {
    await lab.apply(guarded());
    await lab.apply(naked());
    await lab.kubectl("wait", "--for=condition=Ready", "pod", "-l", "app in (guarded, naked)", "--timeout=120s");
    lab.configure({ containerdVersion: to, rollout: { drain: { timeoutSeconds: 15 } } });
    const plan = NODES.flatMap((name) => [`update dev-${name}-stage`, `update dev-${name}-kubelet`]);
    const retiring = ["update dev-control-planes", "update dev-workers"];
    assert.deepEqual(await lab.plan(), [...plan, ...retiring].sort());

    const failed = await lab.pulumi("up", "--yes", "--skip-preview", "--non-interactive");
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout, /w1 was not drained in 15 s: default\/guarded-\S+: .*disruption budget/);
    assert.deepEqual(await runtimes(lab), [...CONTROL_PLANES.map(() => to), from, from]);
    assert.equal(await lab.kubectl("get", "nodes", "-o", "jsonpath={.items[*].spec.unschedulable}"), "");
  });

  test("past its budget the pod goes, a pod that nothing would make again stays, and every node is changed", async () => {
    const uid = [
      "get",
      "pod",
      "naked",
      "-o",
      "jsonpath={.metadata.uid} {.status.containerStatuses[0].state.running.startedAt}",
    ];
    const before = await lab.kubectl(...uid);
    lab.configure({ rollout: { drain: { timeoutSeconds: 15, onBlocked: "disableEviction" } } });
    await lab.up();
    assert.deepEqual(
      await runtimes(lab),
      NODES.map(() => to),
    );
    assert.equal(await lab.kubectl(...uid), before);
    assert.equal(await lab.kubectl("get", "nodes", "-o", "jsonpath={.items[*].spec.unschedulable}"), "");
    await lab.kubectl("delete", "deployment/guarded", "poddisruptionbudget/guarded", "pod/naked");
    await lab.unchanged();
  });
}

/** containerd's version of every node, by name. */
async function runtimes(lab: Lab): Promise<string[]> {
  const versions = await lab.kubectl(
    "get",
    "nodes",
    "-o",
    "jsonpath={.items[*].status.nodeInfo.containerRuntimeVersion}",
  );
  return versions.split(" ").map((version) => version.replace(/^containerd:\/\/v?/, ""));
}

const onW1 = { nodeSelector: { "kubernetes.io/hostname": "w1" }, terminationGracePeriodSeconds: 1 };
const sleeper = {
  name: "sleeper",
  image: "registry.k8s.io/e2e-test-images/agnhost:2.57",
  args: ["pause"],
};

/** One pod of a Deployment on w1, with a budget that never lets it go. */
function guarded(): object {
  const labels = { app: "guarded" };
  return {
    apiVersion: "v1",
    kind: "List",
    items: [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "guarded" },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { ...onW1, containers: [sleeper] } },
        },
      },
      {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "guarded" },
        spec: { minAvailable: 1, selector: { matchLabels: labels } },
      },
    ],
  };
}

/** A pod of nobody's on w1. */
function naked(): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "naked", labels: { app: "naked" } },
    spec: { ...onW1, containers: [sleeper] },
  };
}
