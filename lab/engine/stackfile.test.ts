/** What is left in the stack file after a command. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cleaned, guard, onCopy, readsConfig } from "./stackfile";

const SALT = "encryptionsalt: v1:abc=:v1:def:ghi\n";
const FILE = "# A comment.\nconfig:\n  kubeadm-ha:a: { x: 1,   y: 2 }\n";

test("a file that got only the salt is left as it was, with its spacing", () => {
  assert.equal(cleaned(FILE, `${SALT}config:\n    kubeadm-ha:a: {x: 1, y: 2}\n`), FILE);
});

test("a changed file keeps its changes and loses the salt", () => {
  assert.equal(cleaned(FILE, `${SALT}config:\n  kubeadm-ha:a: 2\n`), "config:\n  kubeadm-ha:a: 2\n");
});

test("a file with encrypted values keeps the salt that they need", () => {
  const secret = `${SALT}config:\n  kubeadm-ha:a:\n    secure: v1:xyz\n`;
  assert.equal(cleaned(FILE, secret), secret);
});

test("a salt that was there before stays", () => {
  assert.equal(cleaned(SALT + FILE, SALT + FILE), SALT + FILE);
});

test("commands that only read the configuration are known, unless they name a file themselves", () => {
  for (const command of ["up", "preview", "destroy", "refresh"]) assert.ok(readsConfig([command, "--yes"]), command);
  for (const args of [
    ["config", "set", "a", "1"],
    ["stack", "output"],
    ["up", "--config-file", "x"],
    ["up", "--config-file=x"],
    [],
  ])
    assert.ok(!readsConfig(args), args.join(" "));
});

test("a copy holds the same text, is named after the command, and goes away", () => {
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-ha-stackfile-"));
  try {
    const [file, copy] = [join(folder, "Pulumi.dev.yaml"), join(folder, "copy.yaml")];
    writeFileSync(file, FILE);
    const { args, done } = onCopy(["up", "--yes"], file, copy);
    assert.deepEqual(args, ["up", `--config-file=${copy}`, "--yes"]);
    assert.equal(readFileSync(copy, "utf8"), FILE);
    done();
    assert.ok(!existsSync(copy));
    const restore = guard(file);
    writeFileSync(file, SALT + FILE);
    restore();
    assert.equal(readFileSync(file, "utf8"), FILE);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
