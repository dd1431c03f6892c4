/**
 * Keeps a machine's own salt out of the stack file.
 *
 * A stack with a passphrase has a salt, which Pulumi writes into Pulumi.<stack>.yaml. Ours belongs to the lab's random
 * passphrase, so in the repository's file it would be a change on every machine. The salt is in the state, too, and
 * PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER makes the CLI take it from there; what remains is that the CLI also writes it
 * back into the file each time. Commands that only read the configuration therefore get a copy of the file; after the
 * others the salt is taken out again.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";

const SALT = /^encryptionsalt:.*\n?/m;
/** Commands with a flag `--config-file` that do not change the configuration. */
const READERS = new Set(["up", "update", "preview", "pre", "refresh", "destroy", "down", "dn", "import", "watch"]);

/** Is this a command that can work on a copy of the stack file? */
export function readsConfig(args: string[]): boolean {
  return READERS.has(args[0] ?? "") && !args.some((arg) => arg === "--config-file" || arg.startsWith("--config-file="));
}

/** The arguments with the copy named, and a function that removes the copy. */
export function onCopy(args: string[], file: string, copy: string): { args: string[]; done: () => void } {
  if (!existsSync(file)) return { args, done: () => undefined };
  writeFileSync(copy, readFileSync(file), { mode: 0o600 });
  return {
    args: [args[0]!, `--config-file=${copy}`, ...args.slice(1)],
    done: () => rmSync(copy, { force: true }),
  };
}

const without = (text: string): unknown => parse(text.replace(SALT, ""));

/** The file as it should be left: its old text when nothing but the salt has changed. */
export function cleaned(before: string, after: string): string {
  // Values that are encrypted under the salt are useless without it.
  if (/^\s+secure:/m.test(after) || SALT.test(before)) return after;
  return isDeepStrictEqual(without(before), without(after)) ? before : after.replace(SALT, "");
}

/** Remembers the file; the returned function takes out the salt that a command has put in. */
export function guard(file: string): () => void {
  if (!existsSync(file)) return () => undefined;
  const before = readFileSync(file, "utf8");
  return () => {
    if (!existsSync(file)) return;
    const after = readFileSync(file, "utf8");
    const wanted = cleaned(before, after);
    if (wanted === after) return;
    writeFileSync(`${file}.tmp`, wanted);
    renameSync(`${file}.tmp`, file);
  };
}
