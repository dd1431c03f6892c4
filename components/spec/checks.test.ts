import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { apiCases } from "./cases/api";
import type { Case } from "./cases/case";
import { flagCases, nodeConfigCases, nodeConfigWarningCases } from "./cases/components";
import { hostCases } from "./cases/hosts";
import { networkCases } from "./cases/network";
import { certificateCases, etcdCases, etcdWarningCases, kubeadmCases, mirrorCases } from "./cases/settings";
import { topologyCases } from "./cases/topology";
import { versionCases, versionWarningCases } from "./cases/versions";
import { checks, warnings } from "./checks";
import { configWith, fakeFiles, specOf, validConfig, type RawConfig } from "./fixture";
import { draftSpec, parseSpec } from "./parse";
import { formatProblem, type Problem } from "./problem";
import { runSentences, type Sentence } from "./sentence";

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
];
const advice: Case[] = [...versionWarningCases, ...etcdWarningCases, ...nodeConfigWarningCases];

const judge = (sentence: Sentence, raw: RawConfig): Problem[] =>
  runSentences([sentence], draftSpec(raw, fakeFiles(), "test").spec);

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
        assert.deepEqual(sentence.check(specOf()), []);
      });
      test("has a case that breaks it", () => {
        assert.ok(cases.some((each) => each.sentence === sentence.name));
      });
    });
  }

  for (const { sentence: name, refused, key, says, accepted } of cases) {
    test(`${name}: ${JSON.stringify(refused).slice(0, 90)}`, () => {
      const sentence = sentenceNamed(list, name);
      const problem = judge(sentence, configWith(refused)).find((each) => each.key === key);
      assert.ok(problem, `no problem names ${key}`);
      const line = formatProblem(problem);
      for (const words of says) assert.ok(line.includes(words), `"${line}" lacks "${words}"`);
      if (accepted !== undefined) assert.deepEqual(judge(sentence, configWith(accepted)), []);
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
