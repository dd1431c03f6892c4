import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { type Attempt, availability, gapsOf } from "./gaps";

const good = (sent: number, took = 10): Attempt => ({ sent, ended: sent + took });
const bad = (sent: number, took: number, error = "refused"): Attempt => ({ sent, ended: sent + took, error });

test("without a failure there is no gap", () => {
  const expected = { sent: 2, failed: 0, longestGapMs: 0, outageMs: 0, gaps: [] };
  assert.deepEqual(availability([good(0), good(5000)]), expected);
  assert.deepEqual(availability([]), { ...expected, sent: 0 });
});

test("a gap reaches from the sending of the last success to the answer of the next", () => {
  const attempts = [good(0), good(100), bad(200, 1), bad(300, 1), good(400, 30), good(500)];
  assert.deepEqual(gapsOf(attempts), [{ from: 100, to: 430, failed: 2, errors: ["refused"] }]);
});

test("attempts count in the order of sending, however late their failure is known", () => {
  const slow = bad(100, 1000, "no answer");
  const attempts = [good(0), bad(200, 1), good(300), slow, good(400)];
  assert.deepEqual(gapsOf(attempts), [{ from: 0, to: 310, failed: 2, errors: ["no answer", "refused"] }]);
});

test("a gap is over with the first answer, to whichever attempt after it", () => {
  assert.deepEqual(
    gapsOf([good(0), bad(100, 1), good(200, 900), good(300, 10)]).map(({ to }) => to),
    [310],
  );
});

test("a gap at either end is as long as its own attempts", () => {
  assert.deepEqual(
    gapsOf([bad(100, 5), good(200), bad(300, 5), bad(400, 1000)]).map(({ from, to }) => [from, to]),
    [
      [100, 210],
      [200, 1400],
    ],
  );
});

test("the outage counts the time that two gaps share once", () => {
  const { longestGapMs, outageMs } = availability([good(0), bad(100, 1), good(200, 50), bad(300, 1), good(400)]);
  assert.equal(longestGapMs, 250);
  assert.equal(outageMs, 410);
});

const attempts = fc
  .array(
    fc.record({ pause: fc.integer({ min: 1, max: 500 }), took: fc.integer({ min: 0, max: 2000 }), ok: fc.boolean() }),
    { maxLength: 60 },
  )
  .map((list) => {
    let sent = 0;
    return list.map(({ pause, took, ok }) => (ok ? good((sent += pause), took) : bad((sent += pause), took)));
  });

test("every failure is counted once and was sent within a gap", () => {
  fc.assert(
    fc.property(attempts, (list) => {
      const gaps = gapsOf(list);
      const failures = list.filter(({ error }) => error !== undefined);
      assert.equal(
        gaps.reduce((sum, { failed }) => sum + failed, 0),
        failures.length,
      );
      for (const { sent } of failures) {
        assert.ok(gaps.some(({ from, to }) => from <= sent && sent <= to));
      }
    }),
  );
});

test("the outage is no shorter than its longest gap and no longer than all gaps or the whole measurement", () => {
  fc.assert(
    fc.property(attempts, (list) => {
      const { gaps, longestGapMs, outageMs } = availability(list);
      const times = list.flatMap(({ sent, ended }) => [sent, ended]);
      const whole = list.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
      assert.ok(outageMs >= longestGapMs);
      assert.ok(
        outageMs <=
          Math.min(
            whole,
            gaps.reduce((sum, { from, to }) => sum + to - from, 0),
          ),
      );
    }),
  );
});

test("the order in which attempts are recorded changes nothing", () => {
  const shuffled = attempts.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      assert.deepEqual(availability(other), availability(list));
    }),
  );
});

test("one failure more never makes the outage shorter", () => {
  fc.assert(
    fc.property(attempts, fc.nat(), (list, pick) => {
      fc.pre(list.length > 0);
      const index = pick % list.length;
      const worse = list.map((attempt, at) => (at === index ? { ...attempt, error: "refused" } : attempt));
      assert.ok(availability(worse).outageMs >= availability(list).outageMs);
    }),
  );
});
