/** Folders of the cache that are either complete or absent. */
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { processAlive } from "./lock";

/**
 * Makes a folder once: `fill` writes into a folder beside it, which is renamed when all is written. A run that is cut
 * off leaves nothing under the final name; its leftovers are removed by the next one.
 */
export async function ensureFolder(path: string, fill: (unfinished: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  await removeLeftovers(path);
  const unfinished = `${path}.unfinished-${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  await fill(unfinished);
  try {
    await rename(unfinished, path);
  } catch (error) {
    // Another run was quicker: its folder has the same content, or it would have another name.
    if (!existsSync(path)) throw error;
    await rm(unfinished, { recursive: true, force: true });
  }
  return path;
}

async function removeLeftovers(path: string): Promise<void> {
  const prefix = `${basename(path)}.unfinished-`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix) || processAlive(Number(name.slice(prefix.length)))) continue;
    await rm(join(dirname(path), name), { recursive: true, force: true });
  }
}
