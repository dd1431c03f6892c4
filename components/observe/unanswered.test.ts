/** A question without an answer is no news of the host: nothing is repaired, refused or replaced for it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { devSpec, etcdHostsSpec } from "../../test/fixtures";
import { Change, Step } from "../host/commands";
import { Ledger } from "../host/ledger";
import { makePlan } from "../plan/plan";
import { unchanged } from "../plan/scenarios";
import { formatProblem } from "../spec/problem";
import type { ClusterSpec, HostSpec } from "../spec/types";
import { judge } from "./checks";
import { contextOf } from "./checks/cases/case";
import { needs } from "./checks/needs";
import { clusterStage, hostStage } from "./checks/stages";
import type { HostFacts, Observations } from "./facts";
import { completeFacts, observations as observationsOf, observed, runningFacts } from "./fixture";
import { historyOf } from "./history";
import { Question } from "./questions";
import { readFacts } from "./reading";
import { ASKED, documentOf } from "./reading/fixture";
import { asFound } from "./replaced";

/** Facts that are told by the answer, and by no other. */
const told: Record<Question, (keyof HostFacts)[]> = {
  [Question.Packages]: ["packages", "holds", "unavailable", "sourcesError"],
  [Question.Units]: ["units", "firewalls", "containerd", "kubelet"],
  [Question.ContainerdVersion]: ["containerd"],
  [Question.KubeletVersion]: ["kubelet"],
  [Question.Images]: ["images"],
  [Question.Synchronised]: [],
  [Question.Health]: [],
  [Question.Etcd]: ["etcd"],
  [Question.Api]: ["cluster"],
  [Question.Budgets]: [],
  [Question.Registered]: ["registered"],
  [Question.Interfaces]: ["interfaces", "holdsVip"],
  [Question.Routes]: ["routes"],
  [Question.Listeners]: ["listeners"],
  [Question.Neighbour]: ["vipAnsweredBy"],
  [Question.Machine]: ["architecture"],
  [Question.Processors]: ["cpus"],
  [Question.Disks]: ["disks"],
  [Question.Files]: ["os", "kernel", "hostname", "machineId", "productUuid", "swap", "commands", "files", "sysctls"],
  [Question.Lines]: ["memoryBytes", "sandboxImage", "staticPods"],
  [Question.Hashes]: ["files"],
  [Question.Modes]: ["files"],
  [Question.Sources]: ["unavailable", "sourcesError"],
};

/** The facts of a host that did not answer one question, as they are read. */
function without(question: Question, facts: HostFacts): HostFacts {
  const nothing = readFacts(documentOf({}, 0, [question]), ASKED);
  const lost = Object.fromEntries(told[question].map((key) => [key, nothing[key]]));
  const { signs, etcdData } = facts.membership;
  return {
    ...facts,
    ...lost,
    unanswered: nothing.unanswered,
    ...(question === Question.Files && { membership: { ...nothing.membership, signs, etcdData } }),
    ...(question === Question.Synchronised && { clock: { ...facts.clock, synchronised: undefined } }),
    ...(question === Question.Health && { staticPods: facts.staticPods.map((pod) => ({ ...pod, healthy: false })) }),
  };
}

/** No host answered that question. */
function allWithout(question: Question, observations: Observations): Observations {
  return new Map([...observations].map(([name, { facts }]) => [name, observed(without(question, facts!))] as const));
}

const RESOURCE = "dev-cp1-vip";

/** A working host on which a command ran last as it is declared, and left a file. */
function complete(cluster: ClusterSpec, host: HostSpec): HostFacts {
  return {
    ...completeFacts(cluster, host),
    commands: [{ resource: RESOURCE, input: "a1", repair: "" }],
    files: [{ path: "/etc/haproxy/haproxy.cfg", resource: RESOURCE, state: "same" }],
  };
}

const spec = devSpec();

for (const question of Object.values(Question)) {
  describe(question, () => {
    for (const [title, given] of [
      ["running", {}],
      ["bare", { bare: true }],
    ] as const) {
      test(`checks of ${title} hosts say that it got no answer, and nothing else`, () => {
        const context = contextOf(given);
        const { errors, warnings } = judge({ ...context, observations: allWithout(question, context.observations) });
        const said = [...errors, ...warnings].map(formatProblem);
        // What nobody at all tells of the cluster is said once more, of the cluster.
        const lines = said.filter((line) => !/^(api|etcd): gave no list .* nobody knows/.test(line));
        assert.equal(lines.length, context.spec.hosts.length);
        for (const line of lines) assert.match(line, new RegExp(`^hosts.* ${question}: got no answer`));
        if (title === "running") assert.deepEqual(errors, []);
      });
    }

    test("nothing is repaired", () => {
      const observations = allWithout(question, observationsOf(spec, complete));
      const { facts, drift } = historyOf(spec, { applied: undefined, commands: {} }, observations);
      assert.deepEqual(
        [...drift.values()].flatMap((steps) => [...steps.values()].flat()),
        [],
      );
      const ledger = new Ledger({ recorded: { [RESOURCE]: { input: "a1", repair: "" } }, facts, drift });
      const { change } = ledger.declare({ name: RESOURCE, host: "cp1", step: Step.Vip, input: "a1", past: false });
      assert.equal(change, Change.None);
    });

    test("no machine is fresh", () => {
      for (const cluster of [spec, etcdHostsSpec()]) {
        const settled = { ...cluster, hosts: cluster.hosts.map((host) => ({ ...host, settled: true })) };
        const found = asFound(settled, allWithout(question, observationsOf(settled, runningFacts)));
        assert.deepEqual(found, settled);
      }
    });

    test("no plan has a problem", () => {
      const input = unchanged();
      assert.deepEqual(makePlan({ ...input, observations: allWithout(question, input.observations!) }).problems, []);
    });
  });
}

test("what judges hosts by an answer is a check", () => {
  const ids = [...hostStage, ...clusterStage].map(({ id }) => id);
  for (const id of Object.keys(needs)) assert.ok(ids.includes(id), id);
});
