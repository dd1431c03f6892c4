import assert from "node:assert/strict";
import { test } from "node:test";

import { minorOf, minors } from "../../components/spec/versions";
import { LabError } from "../../lab/error";
import { targetVersion } from "./upgrade";

const last = minors.at(-1)!;

test("an upgrade goes to the next minor's tested release, from any of its patches", () => {
  for (const [index, { tested, minor }] of minors.slice(0, -1).entries()) {
    assert.equal(minorOf(targetVersion([], tested)), minors[index + 1]!.minor);
    assert.equal(targetVersion([], `v${minor}.99`), minors[index + 1]!.tested);
  }
});

test("a named version is taken as it is", () => {
  assert.equal(targetVersion(["--to", "v1.35.9"], "v1.35.4"), "v1.35.9");
});

test("what is no version and no option is refused, as is the way beyond the last minor", () => {
  for (const options of [["--to"], ["--to", "1.36"], ["v1.36.3"], ["--to", "v1.36.3", "now"]]) {
    assert.throws(() => targetVersion(options, "v1.35.4"), LabError);
  }
  assert.throws(() => targetVersion([], last.tested), /no minor after/);
});
