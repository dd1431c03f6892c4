/** What a plan says of hosts that go, rest and are replaced. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Change, Step } from "../host/commands";
import { Silence } from "../observe/facts";
import { silent } from "../observe/fixture";
import { configWith, validConfig, type RawConfig } from "../spec/fixture";
import type { PlanInput } from "./input";
import { makePlan } from "./plan";
import { changing, edit, unchanged } from "./scenarios";
import { planText } from "./text";
import { StepKind, type PlanStep } from "./types";

const stepsOf = (input: PlanInput) => makePlan(input).steps;
const lines = (steps: PlanStep[]) => steps.map(({ hosts, action }) => `${hosts.join(" ")}: ${action}`);

describe("hosts that go, rest and are replaced", () => {
  const withHost = (position: number, change: RawConfig) =>
    configWith({
      hosts: (validConfig()["hosts"] as RawConfig[]).map((host, index) =>
        index === position ? { ...host, ...change } : host,
      ),
    });
  const edited = [Step.Handover, Step.Vip, Step.Drain, Step.EtcdHealthy, Step.ControlPlanes];
  const down = (input: PlanInput, name: string): PlanInput => {
    const first = input.observations!.get("cp1")!;
    const cluster = structuredClone(first.facts!.cluster!);
    cluster.nodes.find((node) => node.name === name)!.ready = false;
    const seen = { ...first, facts: { ...first.facts!, cluster } };
    return { ...input, observations: new Map([...input.observations!, ["cp1", seen] as const]) };
  };

  test("a control plane that leaves: the address, its backends, its pods, its API server, its member, its node", () => {
    const steps = stepsOf(edit(validConfig(), withHost(1, { state: "lost" }), edited));
    assert.deepEqual(lines(steps), [
      "cp2: hand-over of the virtual IP: keepalived ends there first",
      "cp1 cp3: HAProxy without its backend cp2, keepalived without that peer",
      "cp2: cordon, drain",
      "cp2: API server, controller manager and scheduler end in good order",
      "cp2: etcd member removed",
      "cp2: delete the node",
      "cp2: given back: everything of the cluster is removed from the host",
    ]);
    assert.match(steps[4]!.notes.join(), /2 of 3 members go on/);
    assert.deepEqual(
      steps.map(({ drains }) => drains),
      [false, false, true, false, false, false, false],
    );
    assert.match(planText(makePlan(edit(validConfig(), withHost(1, { state: "lost" }), edited))), /1 lost/);
  });

  test("a node that is down is deleted without a drain", () => {
    const input = edit(validConfig(), withHost(4, { state: "lost" }), [Step.Workers]);
    const [step] = stepsOf(down(input, "w2"));
    assert.equal(step!.action, "delete the node");
    assert.ok(!step!.drains);
    const [, , plane] = stepsOf(down(edit(validConfig(), withHost(1, { state: "lost" }), edited), "cp2"));
    assert.deepEqual([plane!.action, plane!.drains], ["cordon", false]);
    assert.match(plane!.notes.join(), /without a drain, for it is not Ready/);
  });

  test("behind a load balancer there is no address to hand over", () => {
    const api = { api: { by: "load-balancer", loadBalancer: { host: "api.example" } } };
    const to = { ...withHost(1, { state: "lost" }), ...api };
    const steps = stepsOf(edit(configWith(api), to, [Step.Drain, Step.EtcdHealthy, Step.ControlPlanes]));
    assert.equal(steps[0]!.action, "cordon, drain");
  });

  test("maintenance begins with a drain, ends with an uncordon, and is no problem in between", () => {
    const resting = withHost(1, { state: "maintenance" });
    const begin = edit(validConfig(), resting, [Step.ControlPlanes]);
    const commands = begin.commands.map((one) =>
      one.host === "cp2" && [Step.Member, Step.Vip].includes(one.step) ? { ...one, change: Change.Edited } : one,
    );
    assert.deepEqual(lines(stepsOf({ ...begin, commands })), [
      "cp2: etcd member stands by: leadership moves to another first if it leads",
      "cp2: keepalived ends: the virtual IP moves to another if it is there",
      "cp2: maintenance begins: cordon, drain",
    ]);
    const gone = new Map([...begin.observations!, ["cp2", silent("cp2", Silence.Unreachable, "")]]);
    const [step, ...more] = stepsOf({ ...begin, observations: gone });
    assert.deepEqual([step!.action, step!.drains, more], ["maintenance begins: cordon", false, []]);
    assert.deepEqual(lines(stepsOf(edit(resting, validConfig(), [Step.ControlPlanes]))), [
      "cp2: maintenance ends: uncordon",
    ]);
    const between = unchanged(resting);
    const observations = new Map([...between.observations!, ["cp2", silent("cp2", Silence.Unreachable, "")]]);
    const plan = makePlan({ ...between, observations });
    assert.deepEqual(plan.problems, []);
    assert.match(planText(plan), /1 in maintenance/);
  });

  test("a fresh machine is prepared and joins, and nothing is called a repair", () => {
    const input = unchanged();
    input.spec.hosts[1]!.replacedBy = "0123";
    const own = [Step.Claim, Step.Prepare, Step.Stage, Step.Member, Step.Vip, Step.Join, Step.ControlPlane];
    const forget = { ...input.commands[0]!, name: "test-forget", step: Step.Forget, change: Change.New };
    const commands = [
      ...changing(input.commands, own, { change: Change.Repair, hosts: ["cp2"], reasons: ["all is new"] }),
      forget,
    ];
    const steps = stepsOf({ ...input, commands });
    assert.deepEqual(steps[0]!.notes, ["cp2 is a fresh machine: it is prepared and joins again"]);
    const [before, join] = [
      "cp2: delete the node of the machine that was replaced",
      "cp2: join as control plane, through the virtual IP",
    ].map((line) => lines(steps).indexOf(line));
    assert.ok(before !== -1 && before! < join!, lines(steps).join("\n"));
    assert.ok(steps.every(({ kind }) => kind !== StepKind.Repair));
  });
});
