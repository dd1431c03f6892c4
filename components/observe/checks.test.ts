import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { hostsWith } from "../spec/cases/case";
import { formatProblem } from "../spec/problem";
import { formatSkipped } from "../spec/sentence";
import {
  assertNone,
  assertPossible,
  changeStage,
  clusterStage,
  commandStage,
  examine,
  hostStage,
  judge,
  type Check,
} from "./checks";
import { Severity, Weight } from "./checks/check";
import { contextOf, to136, type Case, type Given } from "./checks/cases/case";
import { changeCases } from "./checks/cases/change";
import { commandCases } from "./checks/cases/commands";
import { versionCases } from "./checks/cases/cluster";
import { healthCases } from "./checks/cases/health";
import { answerCases } from "./checks/cases/answers";
import { belongingCases, clockCases, identityCases } from "./checks/cases/hosts";
import { networkCases, pathCases, portCases, softwareCases } from "./checks/cases/network";
import { removalCases, strangerCases } from "./checks/cases/removal";
import { settingCases } from "./checks/cases/settings";
import { reachCases, resourceCases, systemCases } from "./checks/cases/system";
import { vipCases } from "./checks/cases/vip";
import { factsSchema, Silence, type HostFacts } from "./facts";
import { observed, silent } from "./fixture";

const stages = [...changeStage, ...hostStage, ...clusterStage, ...commandStage];

const cases: Case[] = [
  ...changeCases,
  ...reachCases,
  ...answerCases,
  ...systemCases,
  ...resourceCases,
  ...belongingCases,
  ...identityCases,
  ...clockCases,
  ...networkCases,
  ...vipCases,
  ...portCases,
  ...pathCases,
  ...softwareCases,
  ...settingCases,
  ...versionCases,
  ...healthCases,
  ...removalCases,
  ...strangerCases,
  ...commandCases,
];

function checkOf(id: string): Check {
  const found = stages.find((each) => each.id === id);
  assert.ok(found, `no check is called ${id}`);
  return found;
}

const lines = (id: string, given: Given) => checkOf(id).find(contextOf(given)).map(formatProblem);

const allowed: Partial<Record<Weight, Severity>> = {
  [Weight.Error]: Severity.Error,
  [Weight.Warning]: Severity.Warning,
};

for (const each of stages) {
  describe(each.id, () => {
    test("has nothing against bare hosts, nor against a running cluster", () => {
      assert.deepEqual(lines(each.id, { bare: true }), []);
      assert.deepEqual(lines(each.id, {}), []);
    });
    test("has a case that breaks it", () => {
      assert.ok(cases.some(({ check }) => check === each.id));
    });
    test("weighs as much as is said of it", () => {
      const severities = new Set(cases.filter(({ check }) => check === each.id).map(({ severity }) => severity));
      const only = allowed[each.weight];
      if (only !== undefined) assert.deepEqual([...severities], [only]);
    });
  });
}

cases.forEach(({ check: id, given, key, severity, says, fine }, index) => {
  test(`${id}: case ${index}`, () => {
    const findings = checkOf(id).find(contextOf(given));
    const found = findings.find((each) => formatProblem(each).startsWith(key));
    assert.ok(found, `nothing is said of ${key}: ${findings.map(formatProblem).join("\n") || "nothing at all"}`);
    const line = formatProblem(found);
    for (const words of says) assert.ok(line.includes(words), `"${line}" lacks "${words}"`);
    assert.equal(found.severity, severity, line);
    if (fine !== undefined) assert.deepEqual(lines(id, fine), []);
  });
});

test("a healthy cluster, and one about to be made, are judged well", () => {
  for (const given of [{}, { bare: true } as const]) {
    assert.deepEqual(judge(contextOf(given)), { errors: [], warnings: [], skipped: [] });
  }
});

test("an upgrade of a healthy cluster is judged well", () => {
  const given = { config: { kubernetesVersion: "v1.36.3" }, appliedConfig: {} };
  assert.deepEqual(judge(contextOf(given)), { errors: [], warnings: [], skipped: [] });
});

test("every host that breaks something has its line, host by host, in one message", () => {
  const { spec, observations, applied } = contextOf({
    bare: true,
    facts: { cp2: { swap: ["/dev/sda2"], cpus: 1 }, w1: { swap: ["/swapfile"] } },
    silent: { w2: [Silence.HostKey, "SHA256:aaa instead of SHA256:bbb"] },
  });
  assert.throws(
    () => assertNone(examine(spec, observations, applied).problems),
    (error: unknown) => {
      assert.ok(pulumi.RunError.isInstance(error));
      const [head, ...rest] = error.message.split("\n");
      assert.equal(head, "4 problems, nothing was changed");
      assert.deepEqual(
        rest.map((line) => /^ {2}hosts\[\d\] \(\w+\)/.exec(line)?.[0]),
        ["  hosts[1] (cp2)", "  hosts[1] (cp2)", "  hosts[3] (w1)", "  hosts[4] (w2)"],
      );
      assert.match(
        error.message,
        /\n {2}hosts\[1\] \(cp2\) \/dev\/sda2: .*\n(.*\n)? {2}hosts\[3\] \(w1\) \/swapfile: /,
      );
      assert.match(rest[3] ?? "", /w2.*SHA256:aaa instead of SHA256:bbb/);
      return true;
    },
  );
});

test("what hosts say cannot act on a terminal, nor through a command to paste", () => {
  const { warnings } = judge(contextOf({ facts: { w1: { firewalls: ["x\u001b[2J;reboot"] } } }));
  const line = formatProblem(warnings[0]!);
  assert.ok(!line.includes("\u001b"), line);
  assert.match(line, /disable --now NAME`/);
});

test("a skipped check is not judged, and tells what it would have said", () => {
  const config = { skipChecks: ["swap-off", "cpus"] };
  const verdict = judge(contextOf({ bare: true, config, facts: { w1: { swap: ["/dev/sda2"] } } }));
  assert.deepEqual(verdict.errors, []);
  const said = verdict.skipped.map(formatSkipped);
  assert.match(said[0] ?? "", /^skipChecks swap-off: .*\n {2}hosts\[3\] \(w1\) \/dev\/sda2: is in use as swap/);
  assert.match(said[1] ?? "", /^skipChecks cpus: it is not checked that control planes have 2 processors\. .*holds/);
});

test("what cannot be skipped is judged all the same", () => {
  const context = contextOf({ silent: { w2: [Silence.HostKey, ""] } });
  context.spec.skipChecks = ["host-key"];
  assert.equal(judge(context).errors.length, 1);
});

test("an update that has begun is told of what it cannot do, and goes on", () => {
  const { spec, applied, observations, commands } = contextOf(commandCases[0]!.given);
  assertPossible({ spec, applied, commands }, observations);
  assertPossible({ spec, applied, commands }, undefined);
});

test("without observations only the change is judged", () => {
  const bad = { config: { skipChecks: ["swap-off"] }, facts: { cp1: { swap: ["/dev/sda2"] } } };
  const { spec, applied } = contextOf(bad);
  assert.deepEqual(examine(spec, undefined, applied), { problems: [], warnings: [] });
  assertNone([]);
  const lost = contextOf({ config: { ...hostsWith(2, { state: "lost" }), ...to136.config }, appliedConfig: {} });
  assert.throws(
    () => assertNone(examine(lost.spec, undefined, lost.applied).problems),
    /1 problem, .*\n {2}kubernetesVersion.*2 members/,
  );
});

test("when no host answers, that is what is said", () => {
  const all = ["cp1", "cp2", "cp3", "w1", "w2"];
  for (const kind of Object.values(Silence)) {
    const given: Given = { silent: Object.fromEntries(all.map((name) => [name, [kind, ""]])) };
    const { errors, warnings } = judge(contextOf(given));
    assert.equal(errors.length + warnings.length, all.length);
  }
});

test("whatever hosts say, something can be said of it", () => {
  fc.assert(
    fc.property(fc.array(anyFacts(), { minLength: 5, maxLength: 5 }), fc.boolean(), (facts, bare) => {
      const context = contextOf(bare ? { bare } : {});
      context.observations = new Map(
        context.spec.hosts.map(({ name }, index) => [
          name,
          index === 4 ? silent(name, Silence.Broken) : observed(facts[index]!, 2 ** index),
        ]),
      );
      const { errors, warnings } = judge(context);
      for (const each of [...errors, ...warnings]) assert.ok(!/\bundefined\b|NaN/.test(each.reason), each.reason);
    }),
    { numRuns: 60 },
  );
});

/** Documents of the schema's shape whose words are mostly of the cluster, so that checks get somewhere. */
function anyFacts(): fc.Arbitrary<HostFacts> {
  return arbitraryOf(factsSchema).map((value) => factsSchema.parse(value));
}

const words = fc.oneof(
  fc.constantFrom(
    "",
    "test",
    "cp1",
    "etcd",
    "v1.35.4",
    "1.34.0",
    "192.0.2.11",
    "192.0.2.10",
    "10.200.0.0/16",
    "default",
  ),
  fc.constantFrom(
    "kube-apiserver",
    "a:b@c",
    "NOSPACE 1",
    "https://192.0.2.12:2380",
    "eth0",
    "52:54:00:00:00:10",
    "x86_64",
  ),
  fc.string({ maxLength: 12 }),
);

function arbitraryOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  const { def } = schema as unknown as { def: Record<string, unknown> & { type: string } };
  const inner = (key: string) => arbitraryOf(def[key] as z.ZodType);
  switch (def.type) {
    case "object":
      return fc.record(
        Object.fromEntries(
          Object.entries(def["shape"] as Record<string, z.ZodType>).map(([k, v]) => [k, arbitraryOf(v)]),
        ),
      );
    case "array":
      return fc.array(inner("element"), { maxLength: 3 });
    case "record":
      return fc.dictionary(words, inner("valueType"), { maxKeys: 3, noNullPrototype: true });
    case "optional":
      return fc.option(inner("innerType"), { nil: undefined });
    case "enum":
      return fc.constantFrom(...Object.values(def["entries"] as Record<string, string>));
    case "boolean":
      return fc.boolean();
    case "number":
      return fc.oneof(fc.nat(40), fc.nat());
    default:
      return words;
  }
}
