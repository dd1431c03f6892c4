import assert from "node:assert/strict";
import { test } from "node:test";
import { fleetOf, withSpares } from "./spares";

const config = {
  vip: "10.77.4.10",
  hosts: [
    { name: "cp1", ip: "10.77.4.11" },
    { name: "w1", ip: "10.77.4.101" },
  ],
};

test("spare hosts get the first addresses that nobody has", () => {
  const spares = withSpares([], ["w3", "cp4"], config);
  assert.deepEqual(spares, [
    { name: "w3", ip: "10.77.4.102" },
    { name: "cp4", ip: "10.77.4.103" },
  ]);
  assert.deepEqual(withSpares(spares, ["w4"], config).slice(2), [{ name: "w4", ip: "10.77.4.104" }]);
});

test("a host that is there already, spare or not, keeps its address and is there once", () => {
  const spares = withSpares([], ["w3"], config);
  assert.deepEqual(withSpares(spares, ["w3", "w1"], config), spares);
});

test("a spare host that the stack file has come to name is one host of the fleet", () => {
  const w3 = { name: "w3", ip: "10.77.4.102" };
  assert.deepEqual(
    fleetOf({ hosts: [...config.hosts, w3] }, [w3, { name: "w4", ip: "10.77.4.103" }]).map(({ name }) => name),
    ["cp1", "w1", "w3", "w4"],
  );
});

for (const name of ["", "mirror", "W3", "w3; rm"]) {
  test(`${JSON.stringify(name)} is no spare host`, () => {
    assert.throws(() => withSpares([], [name], config), /no usable host name/);
  });
}
