/** Temporary folders for tests, and programs judged by their exit code. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";

import { run } from "../lab/sh";

/** A folder that goes when the tests of the file are over. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-ha-test-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file, and the folders above it; returns its path. */
export function write(folder: string, name: string, content: string, mode = 0o644): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode });
  return path;
}

export interface Judgement {
  ok: boolean;
  said: string;
}

/** What a program thinks of its input: its exit code as yes or no, and all that it said. */
export async function judge(
  command: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<Judgement> {
  const { code, stdout, stderr } = await run(command, args, { ...options, limit: 60, anyExit: true });
  return { ok: code === 0, said: `${stdout}${stderr}`.trim() };
}
