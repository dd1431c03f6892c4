/** Other ways to write the same configuration plan nothing: two runs of the program, compared. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { devConfig, withHosts, type StackConfig } from "../fixtures";
import { difference, type Difference } from "./recording";
import { devCluster, recordAgain } from "./topologies";

const nothing: Difference = { added: [], removed: [], changed: [] };

async function changesFromDev(config: StackConfig): Promise<Difference> {
  return difference(await devCluster(), await recordAgain(config, devConfig()));
}

test("another run with the same configuration plans the same", async () => {
  assert.deepEqual(await changesFromDev(devConfig()), nothing);
});

test("the order of keys does not matter", async () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, reversed(item)]),
    );
  };
  assert.deepEqual(await changesFromDev(reversed(devConfig()) as StackConfig), nothing);
});

test("the order of hosts does not matter, not even of control planes", async () => {
  const shuffled = withHosts(([cp1, cp2, cp3, w1, w2]) => [w2!, cp2!, cp1!, w1!, cp3!]);
  assert.deepEqual(await changesFromDev(shuffled), nothing);
});
