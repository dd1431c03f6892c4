import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { processAlive, tryLock, withLock } from "./lock";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "kha-lock-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("a lock is held once and is free after its work, done or failed", async () => {
  const path = join(dir, "lock");
  const options = { purpose: "testing", limit: 1 };
  await withLock(path, options, async () => assert.equal(tryLock(path), false));
  await assert.rejects(
    withLock(path, options, async () => {
      throw new Error("work failed");
    }),
    /work failed/,
  );
  assert.deepEqual(readdirSync(dir), []);
});

test("waiting for a living holder ends with a message that names it", async () => {
  const path = join(dir, "lock");
  await withLock(path, { purpose: "testing", limit: 1 }, async () => {
    const second = withLock(path, { purpose: "testing", limit: 0 }, async () => undefined);
    await assert.rejects(second, new RegExp(`Process ${process.pid} has been testing`));
  });
});

test("the lock of a dead process is taken over", async () => {
  const child = spawn("true");
  await once(child, "close");
  const path = join(dir, "lock");
  writeFileSync(path, JSON.stringify({ pid: child.pid, started: "1" }));
  assert.equal(tryLock(path), true);
});

test("a process id that was given to another process is not the holder", () => {
  const path = join(dir, "lock");
  writeFileSync(path, JSON.stringify({ pid: process.pid, started: "1" }));
  assert.equal(processAlive(process.pid), true);
  assert.equal(tryLock(path), true);
});

test("a lock file that was cut off while it was written is no lock", () => {
  const path = join(dir, "lock");
  writeFileSync(path, "");
  assert.equal(tryLock(path), true);
  assert.ok(existsSync(path));
});
