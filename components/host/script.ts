/**
 * Composes what runs on a host: one bash program made of readable header lines, the visible files it installs and
 * `.sh` files. The text is the resource's input, so it is also the diff that a preview shows. Pure.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A file whose content may be seen: staged from the program text, installed by the script. */
export interface VisibleFile {
  /** Name under the staging folder, `haproxy.cfg`. */
  name: string;
  content: string;
}

export interface Script {
  /** What the script is about, `prepare`; names its lock and its staging folder on the host. */
  concern: string;
  /** Header lines `NAME='value'`. Never a secret. */
  variables: Record<string, string | number | boolean | string[]>;
  files: VisibleFile[];
  /** Contents of `.sh` files, in order; the library comes first by itself. */
  parts: string[];
  /** Seconds after which the host ends the script. */
  limitSeconds: number;
}

const PROGRAM_END = "KUBEADM_HA_PROGRAM";
const FILE_END = "KUBEADM_HA_FILE";

/** One word for a POSIX shell. */
export function shellQuote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Reads a script that stands beside the calling module. */
export function readScript(folder: string, name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

const LIBRARY = readScript(__dirname, "lib.sh");

/** The bash program of a script: header, staged files, library, parts. */
export function programText(script: Script): string {
  const header = Object.entries(script.variables).map(([name, value]) => `${name}=${shellValue(value)}`);
  const files = script.files.map((file) => {
    if (file.content.split("\n").includes(FILE_END)) throw new Error(`${file.name} holds the line ${FILE_END}`);
    return `stage ${shellQuote(file.name)} <<'${FILE_END}'\n${withNewline(file.content)}${FILE_END}\n`;
  });
  const text = [
    `CONCERN=${shellQuote(script.concern)}`,
    ...header,
    "",
    withoutShebang(LIBRARY),
    ...files,
    ...script.parts.map(withoutShebang),
  ].join("\n");
  if (text.split("\n").includes(PROGRAM_END)) throw new Error(`script ${script.concern} holds the line ${PROGRAM_END}`);
  return withNewline(text);
}

/**
 * The command line for a login shell: ends after the limit, and becomes root by `sudo` for another user.
 * The program is an argument (128 KiB at most in Linux) so that standard input stays free for secrets.
 */
export function commandText(script: Script, user: string): string {
  const program = programText(script);
  if (Buffer.byteLength(program) > 120 * 1024) throw new Error(`script ${script.concern} is over 120 KiB`);
  const sudo = user === "root" ? "" : "sudo -n ";
  return `${sudo}timeout -k 15 ${script.limitSeconds} bash -c "$(cat <<'${PROGRAM_END}'\n${program}${PROGRAM_END}\n)"`;
}

/** Standard input of a script: one line of base64 a file, in the order of the header line SECRET_FILES. */
export function secretLines(contents: string[]): string {
  return contents.map((content) => `${Buffer.from(content, "utf8").toString("base64")}\n`).join("");
}

function shellValue(value: string | number | boolean | string[]): string {
  if (Array.isArray(value)) return `(${value.map(shellQuote).join(" ")})`;
  return shellQuote(String(value));
}

function withNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

function withoutShebang(text: string): string {
  return text
    .split("\n")
    .filter((line) => !line.startsWith("#!") && !line.startsWith("# shellcheck"))
    .join("\n");
}
