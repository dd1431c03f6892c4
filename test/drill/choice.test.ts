import assert from "node:assert/strict";
import { test } from "node:test";

import { chosen } from "./choice";
import { drills } from "./registry";

const names = (...argv: string[]) => chosen(argv, drills).drills.map(({ name }) => name);

test("drills are named one by one, as a family, or all, and run once in the order of the registry", () => {
  assert.deepEqual(names("D06", "d01", "D06"), ["D01", "D06"]);
  assert.deepEqual(names("D04"), ["D04a", "D04b", "D04c"]);
  assert.deepEqual(names("D04b"), ["D04b"]);
  assert.deepEqual(
    names("all", "D01"),
    drills.map(({ name }) => name),
  );
});

test("no word, or --list, only lists", () => {
  assert.equal(chosen([], drills).list, true);
  assert.equal(chosen(["--list"], drills).list, true);
  assert.equal(chosen(["D01"], drills).list, false);
});

test("an unknown name is refused with all that there are", () => {
  assert.throws(() => chosen(["D01", "D99"], drills), /no drill D99.*\n?.*D01/s);
  assert.throws(() => chosen(["D0"], drills), /no drill D0/);
});

test("the idle time is a number of minutes", () => {
  assert.equal(chosen(["D10", "--idle-minutes", "2"], drills).idleMinutes, 2);
  assert.equal(chosen(["D10"], drills).idleMinutes, undefined);
  for (const wrong of [["--idle-minutes"], ["--idle-minutes", "soon"], ["--idle-minutes", "0"]]) {
    assert.throws(() => chosen(["D10", ...wrong], drills), /no number of minutes/);
  }
});
