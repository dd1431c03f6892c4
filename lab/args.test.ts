import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments, usage } from "./args";

test("no command, help and --help show the help", () => {
  for (const argv of [[], ["help"], ["--help"], ["-h"]]) assert.deepEqual(parseArguments(argv), { name: "help" });
});

test("commands without arguments", () => {
  for (const name of ["down", "status", "heal", "demo", "versions"] as const) {
    assert.deepEqual(parseArguments([name]), { name });
    assert.throws(() => parseArguments([name, "now"]), new RegExp(`${name} takes no arguments: now`));
  }
});

test("up takes the names of spare hosts, each once, and nothing else", () => {
  assert.deepEqual(parseArguments(["up"]), { name: "up", spares: [] });
  assert.deepEqual(parseArguments(["up", "--spare", "w3,cp4,w3"]), { name: "up", spares: ["w3", "cp4"] });
  for (const wrong of [["now"], ["--spare"], ["--spare", ""], ["--spare", "w3", "cp4"]]) {
    assert.throws(() => parseArguments(["up", ...wrong]), /up takes no arguments but --spare/);
  }
});

test("commands on hosts take one or more, each once", () => {
  for (const name of ["kill", "start", "renew", "pause", "unpause", "partition"] as const) {
    assert.deepEqual(parseArguments([name, "cp1", "w1", "cp1"]), { name, hosts: ["cp1", "w1"] });
    assert.throws(() => parseArguments([name]), new RegExp(`${name}: no host was named`));
  }
});

test("what follows exec's host and pulumi is theirs, options included", () => {
  assert.deepEqual(parseArguments(["exec", "w1", "ls", "--help"]), {
    name: "exec",
    host: "w1",
    command: ["ls", "--help"],
  });
  assert.deepEqual(parseArguments(["exec", "w1"]), { name: "exec", host: "w1", command: [] });
  assert.throws(() => parseArguments(["exec"]), /exec: no host was named/);
  assert.deepEqual(parseArguments(["pulumi", "up", "--yes"]), { name: "pulumi", args: ["up", "--yes"] });
});

test("an unknown command is refused by name", () => {
  assert.throws(() => parseArguments(["upp"]), /The lab has no command "upp"/);
});

test("the help names every command", () => {
  const commands = ["up", "down", "status", "exec", "kill", "start", "renew", "pause", "unpause", "partition", "heal"];
  for (const name of [...commands, "pulumi", "demo", "versions"]) assert.match(usage, new RegExp(`^  ${name} `, "m"));
});
