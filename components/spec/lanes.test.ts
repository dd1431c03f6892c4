import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { specOf } from "./fixture";
import { lanes } from "./lanes";
import type { HostSpec } from "./types";

const [host] = specOf().hosts;
const hostsOf = (count: number): HostSpec[] =>
  Array.from({ length: count }, (_, index) => ({ ...host!, name: `w${index + 1}` }));
const namesOf = (split: HostSpec[][]) => split.map((lane) => lane.map(({ name }) => name));

test("hosts are dealt out to the lanes one by one", () => {
  assert.deepEqual(namesOf(lanes(hostsOf(7), 3)), [
    ["w1", "w4", "w7"],
    ["w2", "w5"],
    ["w3", "w6"],
  ]);
});

test("one at a time is one lane in order", () => {
  assert.deepEqual(namesOf(lanes(hostsOf(3), 1)), [["w1", "w2", "w3"]]);
});

test("there are no more lanes than hosts", () => {
  assert.deepEqual(namesOf(lanes(hostsOf(2), 5)), [["w1"], ["w2"]]);
  assert.deepEqual(lanes([], 5), []);
  assert.deepEqual(lanes([], "50%"), []);
});

// hosts, percentage, lanes: 10 % of 100 is not 0, and a part of a host is none.
const shares: [number, string, number][] = [
  [100, "10%", 10],
  [12, "25%", 3],
  [7, "50%", 3],
  [50, "58%", 29],
  [3, "33%", 1],
  [3, "34%", 1],
  [9, "1%", 1],
  [5, "100%", 5],
];

for (const [total, share, expected] of shares) {
  test(`${share} of ${total} hosts is ${expected}`, () => {
    assert.equal(lanes(hostsOf(total), share).length, expected);
  });
}

const count = fc.nat(200);
const number = fc.integer({ min: 1, max: 300 });
const percent = fc.integer({ min: 1, max: 100 });

test("every host is in one lane, once, and lanes keep the order", () => {
  fc.assert(
    fc.property(
      count,
      fc.oneof(
        number,
        percent.map((share) => `${share}%`),
      ),
      (total, maxUnavailable) => {
        const hosts = hostsOf(total);
        const split = lanes(hosts, maxUnavailable);
        const places = split.map((lane) => lane.map((each) => hosts.indexOf(each)));
        assert.deepEqual(
          places.flat().sort((a, b) => a - b),
          hosts.map((_, index) => index),
        );
        for (const lane of places)
          assert.ok(lane.length > 0 && lane.every((place, at) => at === 0 || place > lane[at - 1]!));
      },
    ),
  );
});

test("there are never more lanes than hosts may be out at once, and no fewer than are useful", () => {
  fc.assert(
    fc.property(count, number, (total, most) => {
      assert.equal(lanes(hostsOf(total), most).length, Math.min(total, most));
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), percent, (total, share) => {
      const split = lanes(hostsOf(total), `${share}%`).length;
      assert.ok(split >= 1);
      assert.ok(split === 1 || split * 100 <= share * total, `${split} of ${total} are more than ${share} %`);
      assert.ok((split + 1) * 100 > share * total, `${split} of ${total} are too few for ${share} %`);
    }),
  );
});
