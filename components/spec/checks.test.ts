import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { apiCases } from "./cases/api";
import { apiWith, type Case } from "./cases/case";
import { flagCases } from "./cases/components";
import { hostCases } from "./cases/hosts";
import { networkCases } from "./cases/network";
import { nodeConfigCases, nodeConfigWarningCases } from "./cases/nodeconfig";
import { certificateCases, etcdCases, etcdWarningCases, kubeadmCases, mirrorCases, skipCases } from "./cases/settings";
import { topologyCases, topologyWarningCases } from "./cases/topology";
import { versionCases, versionWarningCases } from "./cases/versions";
import { checks, everyCheck, warnings } from "./checks";
import { unskippable } from "./checks/skips";
import { configWith, fakeFiles, specOf, validConfig, type RawConfig } from "./fixture";
import { draftSpec, parseSpec } from "./parse";
import { formatProblem, type Problem } from "./problem";
import { formatSkipped, runSentences, type Sentence } from "./sentence";

const refusals: Case[] = [
  ...versionCases,
  ...topologyCases,
  ...hostCases,
  ...apiCases,
  ...networkCases,
  ...mirrorCases,
  ...etcdCases,
  ...kubeadmCases,
  ...flagCases,
  ...nodeConfigCases,
  ...certificateCases,
  ...skipCases,
];
const advice: Case[] = [
  ...versionWarningCases,
  ...topologyWarningCases,
  ...etcdWarningCases,
  ...nodeConfigWarningCases,
];

const judge = (sentence: Sentence, raw: RawConfig, membersBefore = 0): Problem[] =>
  runSentences([sentence], { ...draftSpec(raw, fakeFiles(), "test").spec, membersBefore });

function sentenceNamed(list: Sentence[], name: string): Sentence {
  const found = list.find((each) => each.name === name);
  assert.ok(found, `no sentence is called "${name}"`);
  return found;
}

for (const [list, cases] of [
  [checks, refusals],
  [warnings, advice],
] as const) {
  for (const sentence of list) {
    describe(sentence.name, () => {
      test("holds for the valid configuration", () => {
        assert.deepEqual(sentence.check({ ...specOf(), membersBefore: 0 }), []);
      });
      test("has a case that breaks it", () => {
        assert.ok(cases.some((each) => each.sentence === sentence.name));
      });
    });
  }

  for (const { sentence: name, refused, key, says, accepted, membersBefore } of cases) {
    test(`${name}: ${JSON.stringify(refused).slice(0, 90)}`, () => {
      const sentence = sentenceNamed(list, name);
      const problem = judge(sentence, configWith(refused), membersBefore).find((each) => each.key === key);
      assert.ok(problem, `no problem names ${key}`);
      const line = formatProblem(problem);
      for (const words of says) assert.ok(line.includes(words), `"${line}" lacks "${words}"`);
      if (accepted !== undefined) assert.deepEqual(judge(sentence, configWith(accepted), membersBefore), []);
    });
  }
}

test("every case that is close by and fine is accepted as a whole", () => {
  for (const { sentence, accepted } of [...refusals, ...advice]) {
    if (accepted === undefined) continue;
    const result = parseSpec(configWith(accepted), fakeFiles(), "test");
    assert.deepEqual("problems" in result ? result.problems.map(formatProblem) : [], [], sentence);
  }
});

test("advice does not refuse", () => {
  const result = parseSpec(configWith({ kubeProxy: { mode: "ipvs" } }), fakeFiles(), "test");
  assert.ok("spec" in result);
  assert.deepEqual(
    result.warnings.map(({ key }) => key),
    ["kubeProxy.mode"],
  );
});

test("a malformed section silences only the sentences that read it", () => {
  const raw = { ...validConfig(), network: { podCidr: 5 }, certificates: { leafValidityHours: 1 } };
  const result = parseSpec(raw, fakeFiles(), "test");
  assert.ok("problems" in result);
  assert.deepEqual(
    result.problems.map(({ key }) => key),
    ["network.podCidr", "certificates.leafValidityHours"],
  );
});

test("sentence names are unique", () => {
  const names = [...checks, ...warnings].map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

test("ids are unique, and what cannot be skipped exists", () => {
  const ids = everyCheck().map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
  assert.deepEqual(
    Object.keys(unskippable).filter((id) => !ids.includes(id)),
    [],
  );
});

test("a skipped check does not refuse, and is told of with what it would have said", () => {
  const raw = configWith({ ...apiWith({ vip: "192.0.2.12" }), skipChecks: "vip-not-a-host,etcd-odd" });
  const result = parseSpec(raw, fakeFiles(), "test");
  assert.ok("spec" in result);
  assert.deepEqual(result.skipped.map(formatSkipped).sort(), [
    "skipChecks etcd-odd: it is not checked that etcd has 1, 3, 5 or 7 members, or 4 or 6 on the way down. At present it holds: take it off the list.",
    "skipChecks vip-not-a-host: it is not checked that the VIP is no host's own address. At present it would say:\n" +
      "  api.vip 192.0.2.12: is the address of cp2, and it must be free to move between hosts. Choose an address that no host has.",
  ]);
});

test("what cannot be skipped is judged all the same", () => {
  const raw = configWith({ network: { podCidr: "10.200.0.1/16" }, skipChecks: ["cidrs-well-formed"] });
  const result = parseSpec(raw, fakeFiles(), "test");
  assert.ok("problems" in result);
  assert.deepEqual(
    result.problems.map(({ key }) => key),
    ["network.podCidr", "skipChecks[0]"],
  );
});
