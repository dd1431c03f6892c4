import assert from "node:assert/strict";
import { test } from "node:test";
import type { FleetHost } from "./fleet/hosts";
import { statusRows, table } from "./status";

const found = (name: string, ip: string, state = "running"): FleetHost => ({
  name,
  ip,
  state,
  image: "i",
  status: "Up",
  mounts: "",
});

test("hosts that are cut off, absent or no longer in the stack file are told apart", () => {
  const config = {
    mirrorIp: "10.77.0.2",
    hosts: [
      { name: "cp1", ip: "10.77.0.11" },
      { name: "cp2", ip: "10.77.0.12" },
    ],
  };
  const there = [found("mirror", "10.77.0.2"), found("cp1", "10.77.0.11", "exited"), found("old", "10.77.0.19")];
  assert.deepEqual(
    statusRows(config, there, ({ name }) => `ssh-${name}`, ["cp1"]),
    [
      ["mirror", "10.77.0.2", "running", "ssh-mirror", "Up", ""],
      ["cp1", "10.77.0.11", "exited", "ssh-cp1", "Up", "cut off"],
      ["cp2", "10.77.0.12", "absent", "-", "-", "npm run lab -- up creates it"],
      ["old", "10.77.0.19", "running", "ssh-old", "Up", "not in the stack file"],
    ],
  );
});

test("columns are as wide as their widest cell, without spaces at the end", () => {
  assert.equal(
    table([
      ["A", "B"],
      ["long", ""],
      ["x", "y"],
    ]),
    "A     B\nlong\nx     y\n",
  );
});
