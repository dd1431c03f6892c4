/** One process at a time: a lock file that names its holder, taken over when the holder is dead. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { LabError } from "./error";
import { say } from "./say";
import { sleep } from "./sh";

export interface LockOptions {
  /** What the holder does, for the message of those who wait: `building binaries`. */
  purpose: string;
  /** Seconds to wait for a living holder. */
  limit: number;
}

/** Runs `work` while holding the lock file `path`. */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const end = Date.now() + options.limit * 1000;
  for (let said = false; !tryLock(path); said = true) {
    const holder = readHolder(path);
    if (!said) say(`waiting for process ${holder?.pid}, which is ${options.purpose}`);
    if (Date.now() > end) {
      throw new LabError(
        `Process ${holder?.pid} has been ${options.purpose} for more than ${options.limit} s (${path}).`,
        "Wait for it, or end it if it hangs; its lock is then taken over.",
      );
    }
    await sleep(1);
  }
  const release = () => rmSync(path, { force: true });
  process.on("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

/** Takes the lock if it is free or its holder is dead. */
export function tryLock(path: string): boolean {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startTime(process.pid) }));
  try {
    if (linked(mine, path)) return true;
    const holder = readHolder(path);
    if (holder && startTime(holder.pid) === holder.started) return false;
    // A rename takes the file away for one process only, and shows whether it still was the dead one's.
    const stale = `${mine}.stale`;
    try {
      renameSync(path, stale);
    } catch {
      return false;
    }
    const taken = readHolder(stale);
    if (taken && startTime(taken.pid) === taken.started) linked(stale, path);
    rmSync(stale, { force: true });
    return linked(mine, path);
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Whether a process with this id runs. */
export function processAlive(pid: number): boolean {
  return startTime(pid) !== undefined;
}

interface Holder {
  pid: number;
  started: string | undefined;
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** When the process started, in ticks since boot: a process id alone may have been given to another one since. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
