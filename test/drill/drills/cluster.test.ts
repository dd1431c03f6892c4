import assert from "node:assert/strict";
import { test } from "node:test";

import type { Seen } from "../drill";
import { judge } from "../judge";
import { goodSeen, heldBy } from "../seen";
import { clusterDrills } from "./cluster";

/** `holders` are nobody between the fault at 10 s and 41.2 s. */
const dark = heldBy(42_000).map((one) => ({ ...one, holds: one.holds && (one.at < 10_000 || one.at > 41_000) }));

const verdictOf = (name: string, what: RegExp, changes: Partial<Seen>) => {
  const drill = clusterDrills.find((one) => one.name === name)!;
  const verdict = judge(drill, goodSeen(changes)).find((one) => what.test(one.what))!;
  return `${verdict.pass ? "pass" : "fail"} ${verdict.measured}`;
};

test("D20 compares when the address is held with an API server's own answer, not with one through the address", () => {
  const before = (answered?: number) =>
    verdictOf("D20", /held before/, { holders: dark, figures: answered === undefined ? {} : { answered } });
  assert.equal(before(33.2), "pass 2 s");
  assert.equal(before(31.1), "fail -0.1 s");
  assert.equal(before(), "fail not measured");
});

test("D21 counts from the cut until both holders are seen, and fails when only one ever is", () => {
  const both = heldBy(12_000).map((one) => (one.host === "cp1" ? { ...one, holds: true } : one));
  assert.equal(verdictOf("D21a", /two holders seen/, { holders: both }), "pass 2 s");
  assert.equal(verdictOf("D21b", /two holders seen/, { holders: heldBy(12_000) }), "fail not measured");
});
