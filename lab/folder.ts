/** Folders of the cache that are either complete or absent. */
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { processAlive } from "./lock";

/**
 * Makes a folder once: `fill` writes into a folder beside it, which is renamed when all is written. A run that is cut
 * off leaves nothing under the final name; its leftovers are removed by the next one.
 */
export async function ensureFolder(path: string, fill: (unfinished: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  await removeLeftovers(dirname(path));
  const unfinished = `${path}.unfinished-${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  try {
    await fill(unfinished);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // If it is there all the same, another run was quicker: its content is the same, or it would have another name.
    if (!existsSync(path)) throw error;
  }
  return path;
}

/** Removes what dead processes left in a folder of the cache. */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = /\.unfinished-(\d+)$/.exec(name)?.[1];
    if (pid && !processAlive(Number(pid))) await rm(join(parent, name), { recursive: true, force: true });
  }
}
