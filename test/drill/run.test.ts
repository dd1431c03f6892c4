import assert from "node:assert/strict";
import { test } from "node:test";

import { drills } from "./registry";
import { inTurn, type Result } from "./run";

/** What happens when some drills leave the cluster broken and some of those clusters can be mended. */
async function happens(broken: string[], mendable: string[]): Promise<string[]> {
  const said: string[] = [];
  const run = (drill: { name: string; title: string }): Promise<Result> => {
    const healthy = !broken.includes(drill.name);
    const nothing = { verdicts: [], errors: [], load: [0, 0] as [number, number], seen: undefined };
    return Promise.resolve({ drill: drill.name, title: drill.title, pass: healthy, healthy, ...nothing });
  };
  const mend = ({ name }: { name: string }) => {
    said.push(`mend ${name}`);
    return Promise.resolve(mendable.includes(name));
  };
  const results = await inTurn(drills.slice(0, 3), run, mend, { onResult: (result) => said.push(result.drill) });
  assert.deepEqual(
    results.map(({ drill }) => drill),
    said.filter((line) => !line.startsWith("mend")),
  );
  return said;
}

test("drills run in turn, and nothing is mended that is not broken", async () => {
  assert.deepEqual(await happens([], []), ["D01", "D02", "D03"]);
});

test("a broken cluster is mended once, and the others run if that helps", async () => {
  assert.deepEqual(await happens(["D01"], ["D01"]), ["D01", "mend D01", "D02", "D03"]);
  assert.deepEqual(await happens(["D01"], []), ["D01", "mend D01"]);
});

test("after the last drill nothing is mended, as nothing follows", async () => {
  assert.deepEqual(await happens(["D03"], []), ["D01", "D02", "D03"]);
});
