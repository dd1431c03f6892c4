/** The only place that reads Pulumi's configuration. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { nodeAt } from "./describe";
import { parseSpec } from "./parse";
import type { FileReader, PlainSpec } from "./plain";
import { formatProblem, formatProblems, HIDDEN, type Problem } from "./problem";
import type { ClusterSpec } from "./types";

const NAMESPACE = "kubeadm-ha";

/**
 * The cluster that this stack's configuration describes, with files read and defaults filled in.
 * Throws one error that lists everything wrong with it; warnings go to Pulumi's log.
 */
export function readSpec(): ClusterSpec {
  const result = parseSpec(rawConfig(), projectFiles(), pulumi.getStack());
  for (const warning of result.warnings) void pulumi.log.warn(formatProblem(hideSecrets(warning)));
  if ("problems" in result) throw refusal(result.problems);
  if (result.spec.ssh.agent && !process.env["SSH_AUTH_SOCK"]) void pulumi.log.warn(formatProblem(noAgent));
  return withSecrets(result.spec);
}

/** The one error that ends a run before anything is changed. */
export function refusal(problems: Problem[]): pulumi.RunError {
  return new pulumi.RunError(formatProblems(problems.map(hideSecrets)));
}

const noAgent: Problem = {
  key: "ssh.agent",
  value: "true",
  reason: "cannot help: SSH_AUTH_SOCK is not set here",
  fix: "Start an agent and add a key, or give ssh.privateKeyFile",
};

function withSecrets(spec: PlainSpec): ClusterSpec {
  const { privateKey } = spec.ssh;
  return {
    ...spec,
    ssh: { ...spec.ssh, privateKey: privateKey === undefined ? undefined : pulumi.secret(privateKey) },
  };
}

// allConfig, for pulumi.Config cannot list keys, and a misspelt key must not pass in silence.
function rawConfig(): Record<string, unknown> {
  const entries = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(`${NAMESPACE}:`));
  return Object.fromEntries(entries.map(([key, text]) => decode(key.slice(NAMESPACE.length + 1), text)));
}

/** Pulumi hands every value over as text: JSON for lists, mappings, numbers and booleans. */
function decode(key: string, text: string): [string, unknown] {
  const type = nodeAt([key])?.type;
  if (type === undefined || type === "string") return [key, text];
  try {
    return [key, JSON.parse(text)];
  } catch {
    return [key, text]; // Text where something else belongs: the schema says so.
  }
}

function projectFiles(): FileReader {
  const root = pulumi.getRootDirectory() || process.cwd();
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
