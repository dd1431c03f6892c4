/** Changes of a recorded cluster that the program refuses before it declares anything. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { appliedOf, type Commands } from "../../components/spec/applied";
import { devConfig, devSpec, hostKey, type StackConfig } from "../fixtures";
import { record } from "./engine";
import { isOnce } from "./names";
import type { Recording } from "./recording";
import { devCluster } from "./topologies";
import { reveal } from "./wire";

const applied = (change: (recorded: ReturnType<typeof appliedOf>) => void = () => undefined) => {
  const recorded = appliedOf(devSpec());
  change(recorded);
  return recorded;
};

/** The message that ends a run which declared nothing. */
async function refusal(config: StackConfig, recorded: unknown): Promise<string> {
  const recording = await record(config, { preview: true, applied: recorded });
  assert.notEqual(recording.exitCode, 0);
  assert.deepEqual(recording.wanted, []);
  return recording.errors.join("\n");
}

/** What a run records for the next one: what it applied, and every command that can run again. */
function recordOf({ stackOutputs }: Recording): { applied: unknown; commands: Commands } {
  const { commands, ...rest } = reveal(stackOutputs["applied"]) as { commands: Commands };
  return { applied: rest, commands };
}

test("a cluster that is as it was recorded is not refused, and records itself again", async () => {
  const recording = (await record(devConfig(), { applied: applied() })).succeeded();
  assert.deepEqual(recordOf(recording).applied, applied());
});

test("the record names every command but those of the past, by the hash that its host keeps", async () => {
  const recording = (await record(devConfig(), { applied: applied() })).succeeded();
  const lasting = recording.commands.filter(({ name }) => !isOnce(name));
  const { commands } = recordOf(recording);
  assert.deepEqual(Object.keys(commands).sort(), lasting.map(({ name }) => name).sort());
  for (const { name, inputs } of lasting) {
    const [, program] = /<<'KUBEADM_HA_PROGRAM'\n([^]*)\nKUBEADM_HA_PROGRAM\n/.exec(String(inputs["create"]))!;
    const hash = createHash("sha256").update(`${program}\n`).digest("hex");
    assert.equal(commands[name]!.input, hash.slice(0, 32), name);
  }
});

test("a repair of the past stays in a command's text as it was recorded, when no host is asked", async () => {
  const repair = "3: /etc/haproxy/haproxy.cfg was changed";
  const { commands } = recordOf(await devCluster());
  const recorded = { ...applied(), commands: { ...commands, "dev-cp1-vip": { ...commands["dev-cp1-vip"]!, repair } } };
  const recording = (await record(devConfig(), { applied: recorded })).succeeded();
  const texts = recording.commands.filter(({ inputs }) => String(inputs["create"]).includes("\nREPAIR="));
  assert.deepEqual(
    texts.map(({ name }) => name),
    ["dev-cp1-vip"],
  );
  assert.ok(String(texts[0]!.inputs["create"]).includes(`\nREPAIR='${repair}'\n`));
  assert.deepEqual(recordOf(recording).commands, recorded.commands);
});

test("without a record nothing is refused", async () => {
  const message = /cannot change in place|one minor at a time/;
  assert.doesNotMatch((await devCluster()).errors.join(), message);
  assert.deepEqual(recordOf(await devCluster()).applied, applied());
});

test("everything unsafe is refused in one message", async () => {
  const recorded = applied((last) => {
    last.versions.kubernetes = "v1.33.9";
    last.versions.etcd = "3.5.30";
    last.network.podCidr = "10.99.0.0/16";
  });
  const message = await refusal(devConfig(), recorded);
  const { versions, network } = devSpec();
  assert.match(message, /3 problems, nothing was changed/);
  const lines = [
    `kubernetesVersion ${versions.kubernetes}: the cluster runs v1.33.9, and kubeadm upgrades one minor at a time. Set v1.34.4 first.`,
    `etcdVersion ${versions.etcd}: the members run 3.5.30, and the way is 3.5.30 → 3.5.33 → ${versions.etcd}. Set 3.5.33 first.`,
    `network.podCidr ${network.podCidr}: was 10.99.0.0/16, is in every node's pod addresses`,
  ];
  for (const line of lines) assert.ok(message.includes(line), `${line}\nis not in\n${message}`);
});

test("another host key is refused while no host is asked", async () => {
  const recorded = applied((last) => {
    last.hosts[1]!.hostKey = hostKey("another");
  });
  const message = await refusal(devConfig(), recorded);
  assert.match(
    message,
    /1 problem, nothing was changed\n {2}hosts\[1\]\.hostKey .*Set observe: true for this update\./,
  );
});

test("an older release is refused", async () => {
  const { versions } = devSpec();
  const message = await refusal(
    devConfig(),
    applied((last) => {
      last.versions.kubernetes = "v1.36.9";
      last.versions.etcd = "3.6.99";
    }),
  );
  assert.match(message, /2 problems, nothing was changed/);
  assert.ok(message.includes(`kubernetesVersion ${versions.kubernetes}: the cluster runs v1.36.9`), message);
  assert.ok(message.includes(`etcdVersion ${versions.etcd}: the cluster runs 3.6.99`), message);
});

test("a record that cannot be read is told, and refuses nothing", async () => {
  const recording = (await record(devConfig(), { preview: true, applied: { version: "v1.35.4" } })).succeeded();
  assert.match(recording.messages.join("\n"), /stack output applied: is of another release of the program/);
});

test("an update that ends early leaves no record", async () => {
  const recording = await record(devConfig(), { refuse: "dev-w1-claim" });
  assert.notEqual(recording.exitCode, 0);
  assert.equal("applied" in recording.stackOutputs, false);
});
