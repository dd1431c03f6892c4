/** A fresh machine under a known name is seen by asking it, and a run that asks nobody must not miss it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { appliedOf } from "./applied";
import { hostsWith } from "./cases/case";
import { configWith, specOf, testHostKey, type RawConfig } from "./fixture";
import { unaskedMachines } from "./machines";
import { formatProblem } from "./problem";

const hostKey = testHostKey("fresh");
const before = appliedOf(specOf()).hosts;
const said = (next: RawConfig, known = before) => unaskedMachines(known, specOf(configWith(next))).map(formatProblem);

test("another host key may be another machine", () => {
  assert.deepEqual(said(hostsWith(1, { hostKey })), [
    `hosts[1].hostKey ${hostKey.slice(0, 28)}…: is not the key of cp2 at the last update, and with observe: false nobody asks whether it is a fresh machine. Set observe: true for this update.`,
  ]);
});

test("the same key, a new host, one that rests and one whose key an older release did not record are fine", () => {
  assert.deepEqual(said({}), []);
  assert.deepEqual(said(hostsWith(1, { hostKey, name: "cp9" })), []);
  assert.deepEqual(said(hostsWith(1, { hostKey, state: "maintenance" })), []);
  assert.deepEqual(
    said(
      hostsWith(1, { hostKey }),
      before.map((host) => ({ ...host, hostKey: "" })),
    ),
    [],
  );
});
