import assert from "node:assert/strict";
import { test } from "node:test";
import { freeSubnetIndex } from "./project";

test("the smallest subnet that nobody uses is taken; 0 is the lab dev's", () => {
  assert.equal(freeSubnetIndex([]), 1);
  assert.equal(freeSubnetIndex([1, 2, 4]), 3);
});

test("labs that use every subnet leave none", () => {
  const all = Array.from({ length: 256 }, (_, index) => index);
  assert.throws(() => freeSubnetIndex(all), /Every subnet 10\.77\.1\.0\/24 to 10\.77\.255\.0\/24 is used/);
});
