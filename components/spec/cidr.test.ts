import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addressAt,
  blockOf,
  contains,
  formatBlock,
  isIpv4,
  overlaps,
  parseBlock,
  sizeOf,
  toAddress,
  toNumber,
  type Block,
} from "./cidr";

const block = (least: number) =>
  fc
    .tuple(fc.nat(255), fc.integer({ min: least, max: 32 }))
    // Few distinct high bits, so that blocks do meet.
    .map(([low, prefix]): Block => blockOf(`10.0.0.${low}`, prefix));

const addressesOf = ({ base, prefix }: Block) => Array.from({ length: sizeOf(prefix) }, (_, index) => base + index);

test("overlap agrees with counting every address, and is symmetric", () => {
  fc.assert(
    fc.property(block(24), block(24), (a, b) => {
      const inB = new Set(addressesOf(b));
      assert.equal(
        overlaps(a, b),
        addressesOf(a).some((each) => inB.has(each)),
      );
      assert.equal(overlaps(a, b), overlaps(b, a));
    }),
  );
});

test("overlap is symmetric for blocks of any size", () => {
  const any = fc.tuple(fc.nat(2 ** 32 - 1), fc.nat(32)).map(([address, prefix]) => blockOf(toAddress(address), prefix));
  fc.assert(
    fc.property(any, any, (a, b) => {
      assert.equal(overlaps(a, b), overlaps(b, a));
      assert.ok(overlaps(a, { base: 0, prefix: 0 }));
    }),
  );
});

test("a block contains its own addresses and not its neighbours", () => {
  fc.assert(
    fc.property(block(25), fc.nat(), (each, seed) => {
      const inside = each.base + (seed % sizeOf(each.prefix));
      assert.ok(contains(each, toAddress(inside)));
      assert.ok(!contains(each, toAddress(each.base - 1)));
      assert.ok(!contains(each, toAddress(each.base + sizeOf(each.prefix))));
    }),
  );
});

test("addresses and blocks survive the way to a number and back", () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(32), (address, prefix) => {
      assert.ok(isIpv4(address));
      assert.equal(toAddress(toNumber(address)), address);
      const parsed = parseBlock(`${address}/${prefix}`);
      assert.deepEqual(parsed, blockOf(address, prefix));
      assert.deepEqual(parseBlock(formatBlock(blockOf(address, prefix))), parsed);
    }),
  );
});

test("only the canonical spelling of an address counts", () => {
  for (const text of [
    "010.0.0.1",
    "10.0.0",
    "10.0.0.256",
    "0x0a.0.0.1",
    "167772161",
    "::1",
    " 10.0.0.1",
    "10.0.0.1\n",
    "",
  ]) {
    assert.equal(isIpv4(text), false, JSON.stringify(text));
  }
});

test("only address/prefix counts as a block", () => {
  for (const text of ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.0/-1", "a/8"]) {
    assert.equal(parseBlock(text), undefined, text);
  }
});

test("addresses are counted from the base, and never beyond the block", () => {
  assert.equal(addressAt("10.32.0.0/16", 1), "10.32.0.1");
  assert.equal(addressAt("10.32.0.0/16", 10), "10.32.0.10");
  assert.equal(addressAt("255.255.255.0/24", 255), "255.255.255.255");
  assert.throws(() => addressAt("10.32.0.0/30", 4), /no address number 4/);
  assert.throws(() => addressAt("10.32.0.0/30", -1), /no address number -1/);
  assert.throws(() => addressAt("nonsense", 1), /nonsense/);
});
