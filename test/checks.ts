/** Static checks of the whole repository; each counts as one test. */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

import { run } from "../lab/sh";
import { repository } from "./fixtures";

export interface Check {
  name: string;
  command: string;
  args: string[];
}

/** In the order in which a contributor wants to hear of them. */
export async function staticChecks(): Promise<Check[]> {
  const tool = (name: string, script: string, args: string[]) => ({
    name,
    command: process.execPath,
    args: [join(repository, "node_modules", script), ...args],
  });
  return [
    tool("prettier: every file is formatted", "prettier/bin/prettier.cjs", ["--check", "--log-level", "warn", "."]),
    tool("eslint: the rules hold", "eslint/bin/eslint.js", ["--max-warnings", "0", "."]),
    tool("tsc: the types fit", "typescript/bin/tsc", ["-p", "."]),
    { name: "shellcheck: scripts are clean", command: "shellcheck", args: ["-x", ...(await shellScripts())] },
  ];
}

/** Tracked and new files, without what git ignores, by a pattern of `git ls-files`. */
export async function filesOf(...patterns: string[]): Promise<string[]> {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", ...patterns];
  const { stdout } = await run("git", list, { cwd: repository });
  const files = stdout.split("\0").filter((file) => file !== "");
  const { stdout: gone } = await run("git", ["ls-files", "-z", "--deleted"], { cwd: repository });
  return files.filter((file) => !gone.split("\0").includes(file)).sort();
}

/** Every shell script, whatever its name: those that end in .sh and those that say so in their first line. */
async function shellScripts(): Promise<string[]> {
  return (await filesOf()).filter((file) => file.endsWith(".sh") || /^#!.*\b(ba|da)?sh\b/.test(firstLine(file)));
}

function firstLine(file: string): string {
  const handle = openSync(join(repository, file), "r");
  try {
    const buffer = Buffer.alloc(80);
    return buffer.toString("utf8", 0, readSync(handle, buffer)).split("\n")[0] ?? "";
  } finally {
    closeSync(handle);
  }
}
