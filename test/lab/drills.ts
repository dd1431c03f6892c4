/** Drills as lab tests: what must hold on a machine of any speed. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { drills as registry } from "../drill/registry";
import { lines } from "../drill/report";
import { runDrills } from "../drill/run";
import type { Lab } from "./lab";

/**
 * A test for each named drill, in a cluster that runs. Only what does not depend on the machine's speed is asserted:
 * no acknowledged write lost, no event missed, one holder of the virtual IP, all nodes ready, everything healthy again.
 */
export function drills(lab: Lab, names: string[]): void {
  for (const name of names) {
    const drill = registry.find((known) => known.name === name);
    assert.ok(drill, `there is no drill ${name}`);
    test(`${name}: ${drill.title}: nothing is lost and all recovers`, async (t) => {
      const [result] = await runDrills(lab, [drill]);
      t.diagnostic(lines(result!));
      assert.deepEqual(result!.errors, []);
      const failed = result!.verdicts.filter(({ pass, timed }) => !pass && !timed);
      assert.deepEqual(failed, [], lines(result!));
    });
  }
}
