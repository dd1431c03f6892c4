import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { ensureFolder } from "./folder";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "kha-folder-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("a folder is filled once", async () => {
  let filled = 0;
  const fill = async (unfinished: string) => {
    filled += 1;
    await writeFile(join(unfinished, "file"), "content");
  };
  await ensureFolder(join(dir, "a"), fill);
  await ensureFolder(join(dir, "a"), fill);
  assert.equal(filled, 1);
  assert.deepEqual(readdirSync(dir), ["a"]);
});

test("a fill that fails leaves nothing under the final name, and the next one starts from nothing", async () => {
  const path = join(dir, "a");
  const failing = ensureFolder(path, async (unfinished) => {
    await writeFile(join(unfinished, "half"), "");
    throw new Error("no space");
  });
  await assert.rejects(failing, /no space/);
  assert.deepEqual(readdirSync(dir), []);
  await ensureFolder(path, (unfinished) => writeFile(join(unfinished, "whole"), ""));
  assert.deepEqual(readdirSync(path), ["whole"]);
});

test("what a dead process left unfinished is removed", async () => {
  const child = spawn("true");
  await once(child, "close");
  mkdirSync(join(dir, `a.unfinished-${child.pid}`));
  mkdirSync(join(dir, `other.unfinished-${child.pid}`));
  await ensureFolder(join(dir, "a"), async () => undefined);
  assert.deepEqual(readdirSync(dir), ["a"]);
});
