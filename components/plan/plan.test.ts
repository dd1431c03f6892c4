/** What a plan says, by what happens to a cluster. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

import { makeAuthority } from "../../test/certificates";
import { scratch } from "../../test/scratch";
import { Change, Step } from "../host/commands";
import { Silence } from "../observe/facts";
import { runningFacts, silent } from "../observe/fixture";
import { configWith, validConfig, type RawConfig } from "../spec/fixture";
import { makePlan } from "./plan";
import { bigConfig, build, changing, edit, HOSTILE, hostile, unchanged, upgrade } from "./scenarios";
import { planText } from "./text";
import type { PlanInput } from "./input";
import { StepKind, type PlanStep } from "./types";

const stepsOf = (input: PlanInput) => makePlan(input).steps;
const lines = (steps: PlanStep[]) => steps.map(({ hosts, action }) => `${hosts.join(" ")}: ${action}`);
const CP = ["cp1", "cp2", "cp3"];

describe("a first build", () => {
  test("reads as a build: claim, prepare, etcd, address, bootstrap, join, verify", () => {
    const everywhere = "cp1 cp2 cp3 w1 w2";
    assert.deepEqual(lines(stepsOf(build())), [
      `${everywhere}: claim for test: no part of another cluster`,
      `${everywhere}: prepare: kernel settings, packages, containerd`,
      `${everywhere}: pull and pin the images`,
      "cp1 cp2 cp3: start etcd 3.6.16",
      "cp1: every etcd member is started, voting and healthy",
      "cp1: save etcd's data and check the file",
      "cp1 cp2 cp3: virtual IP 192.0.2.10:8443: start HAProxy and keepalived",
      "cp1: bootstrap the cluster with Kubernetes v1.35.4",
      "cp2 cp3: join as control plane, through the virtual IP",
      "w1 w2: join as worker",
      `${everywhere}: verify packages, static pods, settings and kubelets: as wanted, nothing restarts`,
      "cp1: every node is Ready at v1.35.4",
    ]);
  });

  test("restarts nothing and finds no problem on bare hosts", () => {
    const plan = makePlan(build());
    assert.ok(plan.build);
    assert.deepEqual(plan.problems, []);
    assert.ok(plan.steps.every(({ restarts }) => restarts.length === 0));
  });

  test("a worker that is added joins a cluster that is otherwise left alone", () => {
    const config = bigConfig();
    const fewer = bigConfig({ hosts: (config["hosts"] as RawConfig[]).slice(0, -1) });
    const input = edit(fewer, config, []);
    const own = [Step.Claim, Step.Prepare, Step.Images, Step.Stage, Step.Join, Step.Kubelet];
    const commands = changing(input.commands, own, { change: Change.New, hosts: ["w12"] });
    const steps = stepsOf({ ...input, commands });
    assert.deepEqual(new Set(steps.flatMap(({ hosts }) => hosts)), new Set(["w12"]));
    assert.equal(steps.at(-1)!.kind, StepKind.Verify);
    assert.ok(lines(steps).includes("w12: join as worker"));
  });
});

describe("nothing to do", () => {
  test("is one line, on a cluster that is said to be healthy", () => {
    const plan = makePlan(unchanged());
    assert.deepEqual(plan.steps, []);
    const text = planText(plan);
    assert.match(text, /all healthy/);
    assert.match(text, /nothing to do: every host is as the configuration wants it/);
  });
});

describe("an upgrade", () => {
  const steps = stepsOf(upgrade());
  const by = (step: Step) => steps.filter((one) => one.steps.includes(step));

  test("moves etcd's leadership as the member's script does: to the last member, whose turn moves it to the first", () => {
    assert.deepEqual(
      by(Step.Member).map(({ hosts, notes }) => [...hosts, ...notes]),
      [["cp1", "leadership moves to cp3 first"], ["cp2"], ["cp3", "leadership moves to cp1 first"]],
    );
  });

  test("takes control planes one by one and says that the address stays where it is", () => {
    const pods = by(Step.ControlPlane);
    assert.deepEqual(
      pods.flatMap(({ hosts }) => hosts),
      CP,
    );
    assert.deepEqual(
      pods.map(({ apiImpact }) => apiImpact.includes("virtual IP stays here")),
      [true, false, false],
    );
  });

  test("drains twelve workers three at a time, in their lanes", () => {
    const [, workers] = by(Step.Kubelet);
    assert.equal(workers!.action, "drain, kubelet v1.35.4 → v1.36.3, 3 at a time");
    assert.deepEqual(workers!.turns, [
      ["w1", "w2", "w3"],
      ["w4", "w5", "w6"],
      ["w7", "w8", "w9"],
      ["w10", "w11", "w12"],
    ]);
    assert.ok(workers!.drains);
  });

  test("is told of a cluster that was not asked by what was last applied", () => {
    const plan = makePlan({ ...upgrade(), observations: undefined });
    assert.deepEqual(plan.versions[0], { component: "Kubernetes", now: ["v1.35.4"], wanted: "v1.36.3" });
    assert.match(planText(plan), /hosts not asked/);
    assert.ok(plan.steps.some(({ notes }) => notes.includes("leadership moves away first if it leads")));
  });

  test("a budget that allows nothing to go is a warning with its nodes and the policy", () => {
    const { spec } = upgrade();
    const facts = runningFacts({ ...spec, versions: { ...spec.versions, kubernetes: "v1.35.4" } }, spec.hosts[0]!);
    const cluster = { ...facts.cluster!, blockedBudgets: [{ namespace: "shop", name: "db", nodes: ["w4"] }] };
    const [warning, ...rest] = makePlan(upgrade({ cp1: { cluster } })).warnings;
    assert.deepEqual(rest, []);
    assert.match(warning!, /shop\/db allows 0 disruptions now: the drain of w4 .* the run would stop there/);
    assert.match(warning!, /rollout\.drain\.onBlocked: fail/);
  });

  test("fits the sketch: no line of the table is longer than 100 columns", () => {
    const text = planText(makePlan({ ...upgrade(), lastSnapshot: new Date("2026-03-01T11:48:00Z") }));
    assert.match(text, /^test {2}Kubernetes v1\.35\.4 → v1\.36\.3, etcd 3\.6\.16 → 3\.6\.17/);
    assert.match(text, /last snapshot 12 min ago/);
    for (const line of text.split("\n")) assert.ok(line.length <= 100, line);
  });
});

describe("other edits", () => {
  test("containerd alone: drains, and leaves etcd and static pods alone", () => {
    const steps = stepsOf(
      edit(validConfig(), configWith({ containerdVersion: "2.2.10" }), [Step.Stage, Step.Kubelet, Step.Ready]),
    );
    assert.ok(lines(steps).includes("w1 w2: drain, containerd 2.2.9 → 2.2.10, one by one"));
    assert.ok(steps.every(({ restarts }) => !restarts.includes("etcd")));
  });

  test("a flag restarts no more than what differs, and drains nothing", () => {
    const config = configWith({ apiServer: { extraArgs: { v: "4" } } });
    const steps = stepsOf(edit(validConfig(), config, [Step.ControlPlane, Step.Settings]));
    assert.equal(steps.filter(({ action }) => action === "static pods with their new settings").length, 3);
    assert.ok(steps.every(({ drains }) => !drains));
  });

  test("a kubelet's setting restarts it where it stands", () => {
    const steps = stepsOf(edit(validConfig(), configWith({ kubelet: { maxPods: 50 } }), [Step.Kubelet]));
    assert.deepEqual(lines(steps), [
      "cp1 cp2 cp3: kubelet with its new settings, one by one",
      "w1 w2: kubelet with its new settings, one by one",
    ]);
    assert.ok(steps.every(({ restarts }) => restarts.join() === "kubelet"));
  });

  test("a worker that is taken off the list is drained, and given back at the end", () => {
    const hosts = (validConfig()["hosts"] as RawConfig[]).slice(0, -1);
    const steps = stepsOf(edit(validConfig(), configWith({ hosts }), [Step.Workers]));
    assert.deepEqual(lines(steps), [
      "w2: drain, then delete the node",
      "w2: given back: everything of the cluster is removed from the host",
    ]);
    assert.ok(steps.every(({ kind }) => kind === StepKind.Remove));
    assert.ok(steps[0]!.drains);
  });
});

describe("what is not as it was left", () => {
  test("is repaired with its reason, and only what belongs to it reloads", () => {
    const input = unchanged();
    const reasons = ["/etc/haproxy/haproxy.cfg was changed"];
    const commands = changing(input.commands, [Step.Vip], { change: Change.Repair, hosts: ["cp2"], reasons });
    const plan = makePlan({ ...input, commands });
    assert.match(planText(plan), /1 {2}cp2 {2}repair: \/etc\/haproxy\/haproxy\.cfg was changed → HAProxy reloads/);
  });

  test("a worker is drained where a package is put right, and only there", () => {
    const input = unchanged();
    const of = (host: string, reason: string) =>
      changing(input.commands, [Step.Kubelet], { change: Change.Repair, hosts: [host], reasons: [reason] }).filter(
        (command) => command.host === host,
      );
    const commands = [
      ...of("w1", "the package kubelet is 1.35.3-1.1, not 1.35.4-*"),
      ...of("w2", "the package kubelet is not held"),
    ];
    assert.deepEqual(
      stepsOf({ ...input, commands }).map(({ hosts, drains, action }) => [hosts.join(), drains, action]),
      [
        ["w1", true, "drain, packages put right"],
        ["w2", false, "node put right"],
      ],
    );
  });

  test("a program that was stopped starts, one whose file was changed reloads", () => {
    const input = unchanged();
    const reasons = ["the unit keepalived is inactive", "/etc/haproxy/haproxy.cfg was changed"];
    const commands = changing(input.commands, [Step.Vip], { change: Change.Repair, hosts: ["cp2"], reasons });
    assert.equal(stepsOf({ ...input, commands })[0]!.action, "HAProxy reloads, keepalived starts");
  });

  test("a host that does not answer is named with what was seen", () => {
    const input = unchanged();
    const observations = new Map([...input.observations!, ["w2", silent("w2", Silence.Unreachable, "ETIMEDOUT")]]);
    const plan = makePlan({ ...input, observations });
    assert.deepEqual(plan.problems, ["w2: does not answer (ETIMEDOUT)"]);
    assert.match(planText(plan), /1 problem\n/);
  });

  test("a unit that reloads or starts is no problem, one that fails again and again is", () => {
    const input = unchanged();
    const first = input.observations!.get("cp2")!;
    const unit = (active: string) => ({ active, enabled: "enabled" });
    const units = { haproxy: unit("reloading"), etcd: unit("activating"), kubelet: unit("failing") };
    const observations = new Map([
      ...input.observations!,
      ["cp2", { ...first, facts: { ...first.facts!, units } }] as const,
    ]);
    assert.deepEqual(makePlan({ ...input, observations }).problems, ["cp2: kubelet is failing"]);
  });

  test("problems of members, nodes and the address are named", () => {
    const input = unchanged();
    const { facts } = input.observations!.get("cp2")!;
    const sick = { ...facts!, etcd: { ...facts!.etcd!, healthy: false } };
    const first = input.observations!.get("cp1")!;
    const cluster = structuredClone(first.facts!.cluster!);
    cluster.nodes[3]!.ready = false;
    const observations = new Map([
      ...input.observations!,
      ["cp1", { ...first, facts: { ...first.facts!, cluster, holdsVip: false } }] as const,
      ["cp2", { ...input.observations!.get("cp2")!, facts: sick }] as const,
    ]);
    assert.deepEqual(makePlan({ ...input, observations }).problems, [
      "no host holds the virtual IP 192.0.2.10",
      "cp2: its etcd member is not healthy",
      "w1: its node is not Ready",
    ]);
  });
});

test("what ends is told by kind, with the hosts that it ends on first", async () => {
  const folder = scratch();
  const { certificate } = await makeAuthority(folder, "apiserver");
  const pem = readFileSync(certificate, "utf8");
  const input = unchanged();
  const first = input.observations!.get("cp1")!;
  const certificates = [
    { path: "/etc/kubernetes/pki/apiserver.crt", pem },
    { path: "/etc/kubernetes/pki/ca.crt", pem: "no certificate" },
  ];
  const observations = new Map([
    ...input.observations!,
    ["cp1", { ...first, facts: { ...first.facts!, certificates } }],
  ]);
  const plan = makePlan({ ...input, observations, now: new Date() });
  assert.equal(plan.expires.length, 1);
  const [{ what, hosts, days, due }] = plan.expires as [(typeof plan.expires)[0]];
  assert.deepEqual({ what, hosts, days, due }, { what: "API server certificate", hosts: ["cp1"], days: 1, due: true });
  assert.deepEqual(plan.hosts[0]!.expires?.what, what);
  assert.match(planText(plan), /expires {2}API server certificate of cp1 ends in 1 day .* an update renews it/);
});

test("text of hosts stays text in the table: one line each, nothing that a terminal obeys or that turns the writing", () => {
  const text = planText(makePlan(hostile()));
  assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u);
  assert.ok(text.includes("\\u{202e}gnp.exe"));
  assert.ok(text.includes(`a host says ${HOSTILE[0]!}`));
});
