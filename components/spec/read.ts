/** The only place that reads Pulumi's configuration. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Applied } from "./applied";
import { nodeAt } from "./describe";
import { parseSpec } from "./parse";
import type { FileReader, PlainSpec } from "./plain";
import { uncoloured } from "./printable";
import { formatProblem, formatProblems, HIDDEN, type Problem } from "./problem";
import { formatSkipped, type Skipped } from "./sentence";
import { hasRole } from "./topology";
import { Role, type ClusterSpec } from "./types";

const NAMESPACE = "kubeadm-ha";

/**
 * The cluster that this stack's configuration describes, with files read and defaults filled in; `applied` is the last
 * complete update.
 * Throws one error that lists everything wrong with it; warnings go to Pulumi's log.
 */
export function readSpec(applied?: Pick<Applied, "hosts">): ClusterSpec {
  const root = pulumi.getRootDirectory() || process.cwd();
  const members = applied?.hosts.filter((host) => hasRole(host, Role.Etcd)).length;
  const result = parseSpec(rawConfig(pulumi.runtime.allConfig()), projectFiles(root), pulumi.getStack(), members);
  result.warnings.forEach(warn);
  for (const skipped of result.skipped) warnOfSkip(skipped);
  if ("problems" in result) throw refusal(result.problems);
  if (!hasProgram("ssh")) throw refusal([noSsh]);
  if (result.spec.ssh.agent && !process.env["SSH_AUTH_SOCK"]) warn(noAgent);
  return withSecrets(result.spec);
}

/** The same beside the engine, from all texts of the stack's configuration by full key; warnings are the preview's. */
export function specFrom(texts: Record<string, string>, root: string, stack: string): ClusterSpec {
  const result = parseSpec(rawConfig(texts), projectFiles(root), stack);
  if ("problems" in result) throw refusal(result.problems);
  return withSecrets(result.spec);
}

/** The one error that ends a run before anything is changed. */
export function refusal(problems: Problem[]): pulumi.RunError {
  return new pulumi.RunError(uncoloured(formatProblems(problems.map(hideSecrets))));
}

/** Says what is unwise, and goes on. */
export function warn(problem: Problem): void {
  void pulumi.log.warn(uncoloured(formatProblem(hideSecrets(problem))));
}

/** Says that a check is skipped, and what it would have said. */
export function warnOfSkip(skipped: Skipped): void {
  void pulumi.log.warn(uncoloured(formatSkipped({ ...skipped, problems: skipped.problems?.map(hideSecrets) })));
}

const noAgent: Problem = {
  key: "ssh.agent",
  value: "true",
  reason: "cannot help: SSH_AUTH_SOCK is not set here",
  fix: "Start an agent and add a key, or give ssh.privateKeyFile",
};

/** Hosts are given back by it, which is too late to find out. */
const noSsh: Problem = {
  key: "ssh",
  value: "",
  reason: "needs OpenSSH's client, and there is no ssh on the PATH of the machine that runs Pulumi",
  fix: "Install it (Debian: apt-get install openssh-client)",
};

function hasProgram(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
}

function withSecrets(spec: PlainSpec): ClusterSpec {
  const { privateKey } = spec.ssh;
  return {
    ...spec,
    ssh: { ...spec.ssh, privateKey: privateKey === undefined ? undefined : pulumi.secret(privateKey) },
  };
}

// allConfig, for pulumi.Config cannot list keys, and a misspelt key must not pass in silence.
function rawConfig(texts: Record<string, string>): Record<string, unknown> {
  const entries = Object.entries(texts).filter(([key]) => key.startsWith(`${NAMESPACE}:`));
  return Object.fromEntries(entries.map(([key, text]) => decode(key.slice(NAMESPACE.length + 1), text)));
}

/** Pulumi hands every value over as text: JSON for lists, mappings, numbers and booleans. */
function decode(key: string, text: string): [string, unknown] {
  const node = nodeAt([key]);
  const types = (node?.anyOf ?? [node]).map((each) => each?.type ?? "string");
  if (types.every((type) => type === "string")) return [key, text];
  try {
    return [key, JSON.parse(text)];
  } catch {
    return [key, text]; // Text where something else belongs: the schema says so.
  }
}

function projectFiles(root: string): FileReader {
  return (path) => {
    const full = path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(root, path);
    try {
      return readFileSync(full, "utf8");
    } catch (error) {
      throw new Error(why(error));
    }
  };
}

function why(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
  const words: Record<string, string> = {
    ENOENT: "no such file",
    EACCES: "permission denied",
    EISDIR: "it is a directory",
    ENOTDIR: "part of the path is a file",
  };
  return words[code] ?? code;
}

// A section that holds a secret is a secret to Pulumi as a whole: show none of its values.
function hideSecrets(problem: Problem): Problem {
  const section = problem.key.split(/[.[]/)[0] ?? "";
  const isSecret = secretKeys().includes(`${NAMESPACE}:${section}`);
  return isSecret && problem.value !== "" ? { ...problem, value: HIDDEN } : problem;
}

function secretKeys(): string[] {
  const keys: unknown = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]");
  return Array.isArray(keys) ? keys.map((key) => String(key).replace(":config:", ":")) : [];
}
