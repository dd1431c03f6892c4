import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Attempt } from "../load/gaps";
import {
  backAfterUndo,
  disturbedFor,
  failed,
  failedShare,
  failedWhileItLasts,
  impatient,
  keptOutage,
  mostNotReady,
  outage,
  outageAfterUndo,
  stall,
  streamsBroken,
  watchesCut,
  writesAway,
} from "./figures";
import { answered, goodLoad, goodSeen } from "./seen";

/** Nothing answers what was sent between two moments, within the five seconds that a prober waits. */
function awayBetween(from: number, to: number): Attempt[] {
  return answered().map(({ sent, ended }) =>
    sent >= from && sent < to ? { sent, ended: sent + 5000, error: "no answer" } : { sent, ended },
  );
}

test("a drill without a failure has no outage, no stall and no failure", () => {
  const seen = goodSeen();
  const figures = [
    outage,
    keptOutage,
    failed,
    failedShare,
    failedWhileItLasts,
    disturbedFor,
    backAfterUndo,
    mostNotReady,
    writesAway,
  ];
  for (const figure of figures) assert.equal(figure(seen), 0, figure.name);
  assert.equal(stall(seen), 0.005);
});

test("a time away counts from the last answer before it to the first after it", () => {
  const seen = goodSeen({ fresh: awayBetween(12_000, 14_000) });
  assert.equal(outage(seen), 2.105);
  assert.equal(failed(seen), 20);
});

test("what fails once the fault is undone is the undoing's, not the fault's", () => {
  const seen = goodSeen({ fresh: awayBetween(41_000, 43_000) });
  assert.deepEqual([outage(seen), outageAfterUndo(seen)], [0, 2.105]);
  assert.equal(outageAfterUndo(goodSeen({ fresh: awayBetween(12_000, 14_000) })), 0);
});

test("failures that were over before the fault are not the fault's", () => {
  const seen = goodSeen({ fresh: awayBetween(1000, 2000) });
  assert.deepEqual([outage(seen), failed(seen), stall(seen)], [0, 0, 0.005]);
});

test("an answer after more than a second is a failure to a client and a stall of its full length", () => {
  const fresh = answered().map((one) => (one.sent === 15_000 ? { ...one, ended: one.sent + 1300 } : one));
  const seen = goodSeen({ fresh });
  assert.deepEqual([failed(seen), stall(seen), failedShare(seen)], [1, 1.3, 0]);
  assert.equal(disturbedFor(seen), 6.3);
});

test("the share is of the first thirty seconds", () => {
  assert.equal(Math.round(failedShare(goodSeen({ fresh: awayBetween(10_000, 13_000) }))!), 10);
});

test("the share while it lasts is of all from the fault to its undoing", () => {
  const share = (from: number, to: number) =>
    failedWhileItLasts(goodSeen({ undone: 50_000, fresh: awayBetween(from, to) }));
  assert.deepEqual([share(5000, 12_000), share(46_000, 59_000), share(50_000, 59_000)], [5, 10, 0]);
});

test("a disturbance of the undoing is not one of the fault, and the API is back when nothing fails any more", () => {
  const seen = goodSeen({ fresh: awayBetween(41_000, 43_000) });
  assert.equal(disturbedFor(seen), 0);
  assert.equal(backAfterUndo(seen), 3.005);
});

test("an API that is away at the end has not come back", () => {
  assert.equal(backAfterUndo(goodSeen({ fresh: awayBetween(50_000, 70_000) })), undefined);
});

test("what was not seen is undefined, never nought", () => {
  const blind = goodSeen({ fresh: [], kept: [], load: undefined, notReady: [] });
  const figures = [
    outage,
    outageAfterUndo,
    keptOutage,
    failed,
    failedShare,
    failedWhileItLasts,
    stall,
    disturbedFor,
    backAfterUndo,
    writesAway,
  ];
  for (const figure of [...figures, streamsBroken, watchesCut, mostNotReady]) {
    assert.equal(figure(blind), undefined, figure.name);
  }
});

test("breaks of the watch count from the fault; one given up for silence was not cut", () => {
  const load = goodLoad();
  load.watch.breaks.push({ at: 5000, why: "closed" }, { at: 12_000, why: "silent for 10000 ms" });
  const seen = goodSeen({ load });
  assert.deepEqual([streamsBroken(seen), watchesCut(seen)], [2, 0]);
  load.watch.breaks.push({ at: 14_000, why: "connection closed" });
  assert.deepEqual([streamsBroken(seen), watchesCut(seen)], [4, 1]);
});

test("hosts that the drill took away may be not ready", () => {
  const notReady = [{ at: 20_000, nodes: ["cp1", "w1"] }];
  assert.equal(mostNotReady(goodSeen({ notReady })), 2);
  assert.equal(mostNotReady(goodSeen({ notReady, off: ["cp1"] })), 1);
});

test("a client with less patience never sees fewer failures", () => {
  const attempts = fc.array(fc.record({ sent: fc.nat(60_000), took: fc.nat(6000) }), { maxLength: 50 });
  fc.assert(
    fc.property(attempts, fc.nat(6000), fc.nat(6000), (list, one, other) => {
      const all = list.map(({ sent, took }) => ({ sent, ended: sent + took }));
      const count = (patience: number) => impatient(all, patience).filter(({ error }) => error !== undefined).length;
      assert.ok(count(Math.min(one, other)) >= count(Math.max(one, other)));
    }),
  );
});
