import assert from "node:assert/strict";
import { test } from "node:test";
import { hardwareAddress, portName } from "./names";
import { interfacesInTheWay } from "./network";

const line = (index: number, name: string, address: string) =>
  `${index}: ${name}    inet ${address}/24 brd 10.77.1.255 scope global ${name}\\       valid_lft forever preferred_lft forever`;

test("the lab's own bridge is in nobody's way", () => {
  const addresses = [line(1, "lo", "127.0.0.1"), line(2, "eth0", "192.0.2.2"), line(3, "kha-two", "10.77.1.1")].join(
    "\n",
  );
  assert.deepEqual(interfacesInTheWay("kha-two", "10.77.1.1", addresses), []);
});

test("a bridge of another name with the address is in the way", () => {
  assert.deepEqual(interfacesInTheWay("kha-two", "10.77.1.1", line(3, "kha-old", "10.77.1.1")), ["kha-old"]);
});

test("a bridge of this name with another subnet is in the way", () => {
  assert.deepEqual(interfacesInTheWay("kha-two", "10.77.1.1", line(3, "kha-two", "10.77.9.1")), ["kha-two"]);
});

test("ports have names of their own, short enough for Linux", () => {
  const longest = portName("10.77.255.254");
  assert.equal(longest, "khp255-254");
  assert.ok(longest.length <= 15);
  assert.notEqual(portName("10.77.1.11"), portName("10.77.11.1"));
});

test("a hardware address is the host's address, locally administered", () => {
  assert.equal(hardwareAddress("10.77.1.11"), "02:42:0a:4d:01:0b");
});
