import assert from "node:assert/strict";
import { test } from "node:test";

import {
  heldAfter,
  holderSpans,
  longestShared,
  longestUnheld,
  moves,
  settledAfter,
  sharedAfter,
  STALE_MS,
} from "./holders";
import { heldBy } from "./seen";

test("a quiet time has one holder from the beginning", () => {
  const samples = heldBy();
  assert.deepEqual([settledAfter(samples, 10_000), moves(samples, 10_000)], [0, 0]);
  assert.deepEqual([longestShared(samples, 10_000), longestUnheld(samples, 10_000)], [0, 0]);
});

test("a move is one move, whoever is sampled first", () => {
  const samples = heldBy(20_000);
  assert.equal(moves(samples, 10_000), 1);
  assert.equal(moves(samples, 30_000), 0);
  assert.deepEqual(moves([...samples].reverse(), 10_000), 1);
});

test("an address that comes back has moved twice", () => {
  const samples = heldBy(20_000).map((one) => (one.at >= 30_000 ? { ...one, holds: one.host === "cp1" } : one));
  assert.equal(moves(samples, 10_000), 2);
});

test("two holders are seen for as long as both have it, and it is settled when one has let go", () => {
  const samples = heldBy(20_000).map((one) => (one.host === "cp1" && one.at < 25_000 ? { ...one, holds: true } : one));
  assert.equal(longestShared(samples, 10_000), 5000);
  assert.equal(settledAfter(samples, 20_000), 5000);
});

test("a second holder is seen from its first sample on, and never when there is none", () => {
  const samples = heldBy(20_000).map((one) => (one.host === "cp1" ? { ...one, holds: true } : one));
  assert.equal(sharedAfter(samples, 18_500), 1500);
  assert.equal(sharedAfter(samples, 25_000), 0);
  assert.equal(sharedAfter(heldBy(20_000), 10_000), undefined);
});

test("an address is held from the first host that has it, whichever it is", () => {
  const dark = heldBy(42_000).filter(({ at }) => at < 10_000 || at > 41_000);
  assert.equal(heldAfter(dark, 10_000), 31_200);
  const nobody = heldBy().map((one) => ({ ...one, holds: one.holds && one.at < 10_000 }));
  assert.equal(heldAfter(nobody, 10_000), undefined);
});

test("a host that says nothing any more has the address no longer", () => {
  const samples = heldBy(28_000).filter(({ host, at }) => host !== "cp1" || at < 20_000);
  const none = longestUnheld(samples, 10_000);
  assert.ok(none >= 28_000 - 20_000 - STALE_MS - 400 && none <= 28_000 - 20_000 - STALE_MS + 400, String(none));
  assert.equal(longestShared(samples, 10_000), 0);
});

test("without one holder at the end it is not settled", () => {
  assert.equal(settledAfter([], 0), undefined);
  assert.equal(
    settledAfter(
      heldBy().map((one) => ({ ...one, holds: false })),
      10_000,
    ),
    undefined,
  );
  assert.equal(
    settledAfter(
      heldBy().map((one) => ({ ...one, holds: one.host !== "cp3" })),
      10_000,
    ),
    undefined,
  );
  assert.equal(settledAfter(heldBy(), 90_000), undefined);
});

test("spans follow each other without a hole", () => {
  const spans = holderSpans(heldBy(20_000));
  spans.slice(1).forEach(({ from }, index) => assert.equal(from, spans[index]!.to));
});
