/** The engine's own plan beside ours. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Step } from "../host/commands";
import { messages, withEngine, type EngineStep } from "./engine";
import { makePlan } from "./plan";
import { changing, unchanged } from "./scenarios";

const custom = { newState: { custom: true }, oldState: { custom: true } };

function step(op: string, type: string, name: string, more: Partial<EngineStep> = {}): EngineStep {
  return { op, urn: `urn:pulumi:dev::kubeadm-ha::kubeadm-ha:host:Host$${type}::${name}`, ...custom, ...more };
}

const COMMAND = "command:remote:Command";

function vipPlan() {
  const input = unchanged();
  return makePlan({ ...input, commands: changing(input.commands, [Step.Vip], { hosts: ["cp1"] }) });
}

test("lists what is no remote command, and nothing that stays, is only a name or a provider", () => {
  const plan = withEngine(makePlan(unchanged()), {
    steps: [
      step("same", "kubernetes:core/v1:ConfigMap", "kept"),
      step("update", "kubernetes:apps/v1:DaemonSet", "flannel", { detailedDiff: { "spec.template": {} } }),
      step("create-replacement", "tls:index/locallySignedCert:LocallySignedCert", "leaf", {
        diffReasons: ["dnsNames"],
      }),
      step("replace", "tls:index/locallySignedCert:LocallySignedCert", "leaf", { diffReasons: ["dnsNames"] }),
      step("update", "pulumi:providers:kubernetes", "api"),
      step("create", "kubeadm-ha:worker:Worker", "w3", { newState: { custom: false } }),
    ],
  });
  assert.deepEqual(plan.others, [
    { op: "update", type: "kubernetes:apps/v1:DaemonSet", name: "flannel", differs: ["spec.template"] },
    { op: "replace", type: "tls:index/locallySignedCert:LocallySignedCert", name: "leaf", differs: ["dnsNames"] },
  ]);
  assert.deepEqual(plan.warnings, []);
});

test("what reaches hosts that leave is in no list of commands: their steps stand for it", () => {
  const names = ["test-cp1-give-back", "test-handover", "test-api-server-stop"];
  const plan = withEngine(makePlan(unchanged()), {
    steps: ["create", "update"].flatMap((op) => names.map((name) => step(op, "command:local:Command", name))),
  });
  assert.deepEqual([plan.others, plan.warnings], [[], []]);
});

test("the same commands in both lists are no warning", () => {
  const { warnings } = withEngine(vipPlan(), { steps: [step("update", COMMAND, "test-cp1-vip")] });
  assert.deepEqual(warnings, []);
});

test("commands that only one of the lists has are a warning with their names", () => {
  const { warnings } = withEngine(vipPlan(), { steps: [step("update", COMMAND, "test-cp2-vip")] });
  assert.deepEqual(warnings, [
    "Pulumi also runs 1 command that no step here names: test-cp2-vip",
    "Pulumi does not run 1 command that steps here name: test-cp1-vip",
  ]);
});

test("a warning of the program is told once, without the engine's markup", () => {
  const diagnostics = [{ severity: "warning", message: "\u001b[33m<{%fg 3%}>warning: look here<{%reset%}>\n" }];
  assert.deepEqual(messages({ diagnostics }, "warning"), ["look here"]);
  const plan = { ...makePlan(unchanged()), warnings: ["look here"] };
  assert.deepEqual(withEngine(plan, { diagnostics }).warnings, ["look here"]);
});
