import assert from "node:assert/strict";
import { test } from "node:test";

import { merge } from "./merge";

test("tables are merged at any depth, everything else is replaced", () => {
  const base = { a: { b: 1, c: { d: [1, 2] } }, e: 5 };
  assert.deepEqual(merge(base, { a: { c: { d: [3] } }, e: { f: 1 } }), { a: { b: 1, c: { d: [3] } }, e: { f: 1 } });
});

test("keys are sorted at any depth, so that their order in the configuration changes nothing", () => {
  const text = JSON.stringify(merge({ z: { b: 1 } }, { y: { d: 1, c: { f: 1, e: 2 } }, z: { a: 1 } }));
  assert.equal(text, '{"y":{"c":{"e":2,"f":1},"d":1},"z":{"a":1,"b":1}}');
});
