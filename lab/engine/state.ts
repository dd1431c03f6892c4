/** A lab's Pulumi state: its folder, its passphrase, and locks that killed runs have left behind. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { processAlive } from "../lock";
import { labDir } from "../paths";
import { say } from "../say";

const PROJECT = "kubeadm-ha";
const COPY = "stack-";
/** Every lab's stack has the same name. */
export const STACK = "dev";

/** The folder of the state backend. */
export function backendDir(lab: string): string {
  return labDir(lab, "pulumi");
}

/** Has the stack been created? */
export function stackExists(lab: string): boolean {
  const file = join(backendDir(lab), ".pulumi", "stacks", PROJECT, `${STACK}.json`);
  return existsSync(file) || existsSync(`${file}.gz`);
}

/** The file with the lab's passphrase, made at first use. */
export function ensurePassphrase(lab: string): string {
  mkdirSync(backendDir(lab), { recursive: true, mode: 0o700 });
  const file = join(backendDir(lab), "passphrase");
  try {
    writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return file;
}

interface Lock {
  pid: number;
  hostname: string;
}

function isPulumi(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim().startsWith("pulumi");
  } catch {
    return false;
  }
}

function readLock(file: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Lock;
  } catch {
    return undefined;
  }
}

/** A copy of the stack file for this process. */
export function stackCopy(lab: string): string {
  return join(backendDir(lab), `${COPY}${process.pid}.yaml`);
}

/** Removes what runs that were cut off have left: copies of the stack file, and locks of the state. */
export function removeLeftovers(lab: string): void {
  for (const name of readdirSync(backendDir(lab)).filter((entry) => entry.startsWith(COPY))) {
    if (!processAlive(parseInt(name.slice(COPY.length), 10))) rmSync(join(backendDir(lab), name), { force: true });
  }
  removeStaleLocks(lab);
}

/** What `pulumi cancel` does, but only to locks whose process on this machine is gone. */
function removeStaleLocks(lab: string): void {
  const folder = join(backendDir(lab), ".pulumi", "locks", "organization", PROJECT, STACK);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith(".json"))) {
    const lock = readLock(join(folder, name));
    if (!lock || lock.hostname !== hostname() || isPulumi(lock.pid)) continue;
    say(`removing the state lock of process ${lock.pid}, which is gone: its run was cut off`);
    rmSync(join(folder, name), { force: true });
  }
}
