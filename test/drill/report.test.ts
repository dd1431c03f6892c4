import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";

import { scratch } from "../scratch";
import { keep, resultsFile } from "./report";
import type { Result } from "./run";
import { goodSeen } from "./seen";

const resultOf = (drill: string): Result => ({
  drill,
  title: "a fault",
  pass: true,
  verdicts: [],
  errors: [],
  load: [1, 2],
  healthy: true,
  seen: goodSeen(),
});

test("each result is in the one file of its run as soon as it is there", () => {
  const file = resultsFile(scratch());
  const kept = () => (JSON.parse(readFileSync(file, "utf8")) as Result[]).map(({ drill }) => drill);
  const results = [resultOf("D01")];
  keep(file, results);
  assert.deepEqual(kept(), ["D01"]);
  results.push(resultOf("D02"));
  keep(file, results);
  assert.deepEqual(kept(), ["D01", "D02"]);
  assert.equal(readdirSync(dirname(file)).length, 1);
});
