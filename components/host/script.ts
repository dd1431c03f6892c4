/**
 * Composes what runs on a host. What an operator should see is in the command, and so in a preview's diff: header
 * lines with the settings, the rendered files, and the hash of the code. The code itself and the secret files go by
 * standard input: Pulumi repeats a failed command's text in its error. Pure.
 */
import { createHash } from "node:crypto";
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

/** Takes the code from the first line of standard input, and only if it is whole. */
const LOAD_CODE = `IFS= read -r line && code=$(base64 -d <<<"$line"; echo .) && code=\${code%.}
[ "$(printf %s "$code" | sha256sum | cut -c1-16)" = "$CODE" ] || { echo "error: the script did not arrive whole" >&2; exit 1; }
eval "$code"`;

/** One word for a POSIX shell. */
export function shellQuote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Reads a script that stands beside the calling module. */
export function readScript(folder: string, name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

const LIBRARY = readScript(__dirname, "lib.sh");

/** The code of a resource: the library, and its script as the function `main`. */
export function codeOf(script: Script): string {
  return `${withoutShebang(LIBRARY)}main() {\n${script.parts.map(withoutShebang).join("\n")}\n}\n`;
}

/**
 * The command line for a login shell: ends after the limit, and becomes root by `sudo` for another user.
 * The program is an argument (128 KiB at most in Linux) so that standard input stays free.
 */
export function commandText(script: Script, user: string, code: string): string {
  const program = programText(script, code);
  const sudo = user === "root" ? "" : "sudo -n ";
  return `${sudo}timeout -k 15 ${script.limitSeconds} bash -c "$(cat <<'${PROGRAM_END}'\n${program}\n${PROGRAM_END}\n)"`;
}

/** What a run of the script leaves on the host as its record (lib.sh): equal texts but for REPAIR have equal ones. */
export function inputHash(script: Script, code: string): string {
  const lines = programText(script, code).split("\n");
  const text = lines.filter((line) => !line.startsWith("REPAIR=")).join("\n");
  return createHash("sha256").update(`${text}\n`).digest("hex").slice(0, 32);
}

/** What a host runs: settings, the code from the first line of standard input, files, `main`. */
export function programText(script: Script, code: string): string {
  const header = Object.entries(script.variables).map(([name, value]) => `${name}=${shellValue(value)}`);
  const files = script.files.map(
    (file) => `stage ${shellQuote(file.name)} <<'${FILE_END}'\n${fileText(file)}${FILE_END}`,
  );
  const program = [
    `CONCERN=${shellQuote(script.concern)}`,
    ...header,
    `CODE=${shellQuote(createHash("sha256").update(code).digest("hex").slice(0, 16))}`,
    LOAD_CODE,
    ...files,
    "main",
  ].join("\n");
  if (program.split("\n").includes(PROGRAM_END))
    throw new Error(`script ${script.concern} holds the line ${PROGRAM_END}`);
  if (Buffer.byteLength(program) > 120 * 1024) throw new Error(`script ${script.concern} is over 120 KiB`);
  return program;
}

/** Standard input of a script: a line of base64 with its code, then one a secret file in the order of SECRET_FILES. */
export function inputText(code: string, secrets: string[]): string {
  return [code, ...secrets].map(base64Line).join("");
}

/** The text as one line that any program passes on unchanged. */
export function base64Line(text: string): string {
  return `${Buffer.from(text, "utf8").toString("base64")}\n`;
}

function fileText(file: VisibleFile): string {
  if (file.content.split("\n").includes(FILE_END)) throw new Error(`${file.name} holds the line ${FILE_END}`);
  return file.content === "" || file.content.endsWith("\n") ? file.content : `${file.content}\n`;
}

/** The value of a variable in bash: a word, or a list of them. */
export function shellValue(value: string | number | boolean | string[]): string {
  if (Array.isArray(value)) return `(${value.map(shellQuote).join(" ")})`;
  return shellQuote(String(value));
}

/** A script's text without what only matters to it as a file. */
export function withoutShebang(text: string): string {
  return text
    .split("\n")
    .filter((line) => !line.startsWith("#!") && !line.startsWith("# shellcheck"))
    .join("\n");
}
