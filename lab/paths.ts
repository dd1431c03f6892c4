/** Where the lab keeps things: artefacts that can be made again in the cache, what belongs to one lab in the state folder. */
import { existsSync, lstatSync, mkdirSync, readlinkSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { LabError } from "./error";

/** The repository's own folder. */
export const repoDir = resolve(dirname(__filename), "..");

/** Content-addressed artefacts, safe to share between clones and labs: binaries, the hosts' root file system, packages, docker's data. */
export function cacheDir(...parts: string[]): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kubeadm-ha", ...parts);
}

/** What must outlive a run but cannot be shared: one folder a lab, and the lab's own docker daemon. */
export function stateDir(...parts: string[]): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "kubeadm-ha", ...parts);
}

/** The state of one lab: `ssh/`, `mirror/`, `pulumi/`, and `project/` for labs other than `dev`. */
export function labDir(lab: string, ...parts: string[]): string {
  return join(stateDir("labs"), lab, ...parts);
}

/** The folder that Pulumi runs in: the repository for the lab `dev`, a folder of links with its own stack file for any other. */
export function projectDir(lab: string): string {
  return lab === "dev" ? repoDir : labDir(lab, "project");
}

/** Every lab that has state on this machine. */
export function knownLabs(): string[] {
  const dir = stateDir("labs");
  return existsSync(dir)
    ? readdirSync(dir, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : [];
}

/** The lab that LAB names; `dev` without it. */
export function labName(env: NodeJS.ProcessEnv = process.env): string {
  const name = env.LAB || "dev";
  // The bridge is called kha-<LAB>, and the name of a Linux interface holds 15 characters.
  if (!/^[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?$/.test(name)) {
    throw new LabError(
      `LAB=${JSON.stringify(name)} is no lab name: it names containers, a network and its bridge.`,
      "Use at most 11 characters of a-z, 0-9 and -, with a letter or digit at both ends.",
    );
  }
  return name;
}

/** Makes `.lab` in the repository point at the labs' state, so that a stack file can name `.lab/dev/ssh/id_ed25519`. */
export function linkLabs(): void {
  const link = join(repoDir, ".lab");
  const target = stateDir("labs");
  mkdirSync(target, { recursive: true, mode: 0o700 });
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (found?.isSymbolicLink()) {
    if (readlinkSync(link) === target) return;
    rmSync(link);
  } else if (found) {
    throw new LabError(
      `${link} is not the link that the lab makes there.`,
      "Move it away: the lab links .lab to its state folder.",
    );
  }
  symlinkSync(target, link);
}
