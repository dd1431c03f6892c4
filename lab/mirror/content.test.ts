import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { cacheDir, labDir } from "../paths";
import { removeUnused } from "./content";

const before = { cache: process.env.XDG_CACHE_HOME, state: process.env.XDG_STATE_HOME };
let dir = "";

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "kha-content-"));
  process.env.XDG_CACHE_HOME = join(dir, "cache");
  process.env.XDG_STATE_HOME = join(dir, "state");
});
afterEach(() => {
  restore("XDG_CACHE_HOME", before.cache);
  restore("XDG_STATE_HOME", before.state);
  rmSync(dir, { recursive: true, force: true });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

function made(name: string, daysAgo: number): void {
  mkdirSync(cacheDir("mirror", name), { recursive: true });
  const time = new Date(Date.now() - daysAgo * 24 * 3600 * 1000);
  utimesSync(cacheDir("mirror", name), time, time);
}

test("old content goes, unless a lab serves it; the archive's key stays", async () => {
  const [served, old, fresh] = ["a", "b", "c"].map((letter) => letter.repeat(16)) as [string, string, string];
  made(served, 100);
  made(old, 2);
  made(fresh, 0);
  made(`debian-${old}`, 8);
  made(`debian-${fresh}`, 2);
  made("archive-key.secret.asc", 1000);
  mkdirSync(labDir("dev", "mirror"), { recursive: true });
  writeFileSync(labDir("dev", "mirror", "content"), `${served}\n`);
  await removeUnused();
  assert.deepEqual(readdirSync(cacheDir("mirror")).sort(), [
    served,
    "archive-key.secret.asc",
    fresh,
    `debian-${fresh}`,
  ]);
});
