import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { type Criterion, type Seen, Unit } from "./drill";
import { commonCriteria, judge, limitOf, verdict } from "./judge";
import { drills } from "./registry";
import { goodLoad, goodSeen } from "./seen";

const atMost = (limit: number): Criterion => ({ what: "w", unit: Unit.Seconds, of: () => 0, atMost: limit });

test("a number passes exactly within its limits", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.integer(), (measured, limit) => {
      assert.equal(verdict(atMost(limit), measured).pass, measured <= limit);
      const least = { ...atMost(0), atMost: undefined, atLeast: limit };
      const { atMost: _, ...criterion } = least;
      assert.equal(verdict(criterion, measured).pass, measured >= limit);
    }),
  );
});

test("what was not measured fails and says so", () => {
  for (const measured of [undefined, Number.NaN]) assert.equal(verdict(atMost(5), measured).pass, false);
  assert.equal(verdict(atMost(5), undefined).measured, "not measured");
});

test("limits are shown as they are meant", () => {
  assert.equal(limitOf(atMost(2)), "≤ 2 s");
  assert.equal(limitOf({ what: "w", unit: Unit.Count, of: () => 0, atMost: 1, atLeast: 1 }), "= 1");
  assert.equal(limitOf({ what: "w", unit: Unit.Percent, of: () => 0, atLeast: 1, atMost: 3 }), "≥ 1 %, ≤ 3 %");
});

test("names are unique, every criterion has a limit, and every act fits into its limit", () => {
  assert.equal(new Set(drills.map(({ name }) => name)).size, drills.length);
  for (const drill of drills) {
    assert.match(drill.name, /^D\d\d[a-z]?$/);
    assert.ok(drill.limit > 0);
    for (const criterion of [...drill.criteria, ...commonCriteria(drill)]) {
      assert.ok(criterion.atMost !== undefined || criterion.atLeast !== undefined, `${drill.name} ${criterion.what}`);
    }
  }
});

/** Nothing was seen at all. */
const blind: Partial<Seen> = {
  fresh: [],
  kept: [],
  load: undefined,
  holders: [],
  notReady: [],
  healedS: undefined,
  hashes: {},
};

for (const drill of drills) {
  test(`${drill.name}: no criterion passes without a measurement`, () => {
    for (const { what, pass } of judge(drill, goodSeen(blind))) assert.equal(pass, false, what);
  });
}

const one = drills[0]!;
const failing = (changes: Partial<Seen>) =>
  judge({ ...one, criteria: [] }, goodSeen(changes))
    .filter(({ pass }) => !pass)
    .map(({ what }) => what);

const spoilt = (change: (load: ReturnType<typeof goodLoad>) => void) => {
  const load = goodLoad();
  change(load);
  return failing({ load });
};

test("a good run fails in nothing that holds for all drills", () => assert.deepEqual(failing({}), []));

test("each thing that must hold for all drills is told by its own name when it does not", () => {
  assert.deepEqual(failing({ healedS: undefined }), ["everything healthy again"]);
  assert.deepEqual(failing({ healedS: 1e4 }), ["everything healthy again"]);
  assert.deepEqual(failing({ hashes: { cp1: "7", cp2: "8", cp3: "7" } }), ["etcd members whose data differs"]);
  assert.deepEqual(failing({ notReady: [{ at: 1, nodes: ["w1"] }] }), ["other nodes not ready"]);
  const nobody = goodSeen().holders.map((sample) => ({ ...sample, holds: false }));
  assert.deepEqual(failing({ holders: nobody }), ["holders of the virtual IP at the end"]);
  assert.deepEqual(
    spoilt((load) => load.writes.lost.push(3)),
    ["acknowledged writes lost"],
  );
  assert.deepEqual(
    spoilt((load) => load.watch.missed.push(3)),
    ["events that the watch missed"],
  );
  assert.deepEqual(
    spoilt((load) => (load.workload.failed = 1)),
    ["failed requests to the Service"],
  );
  assert.deepEqual(
    spoilt((load) => load.problems.push("p")),
    ["things that could not be measured"],
  );
});
