/** `command:local:Command`: runs on the machine of the provider, with its environment and in its folder. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Call } from "../wire/provider";
import { COMMON, lifeCycle } from "./lifecycle";
import { Outcome, variables, type CommonProperties, type Output } from "./outcome";
import type { Shape } from "./shape";

const INPUTS: Shape = {
  ...COMMON,
  interpreter: { type: "array" },
  dir: { type: "string" },
  assetPaths: { type: "array" },
  archivePaths: { type: "array" },
};

const DEFAULT_INTERPRETER = ["/bin/sh", "-c"];

interface LocalProperties extends CommonProperties {
  interpreter?: string[];
  dir?: string;
  assetPaths?: string[];
  archivePaths?: string[];
}

/** Why a command failed, in the words of Go's os/exec; `undefined` when it did not. */
function failureOf(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (code === 0) return undefined;
  if (code !== null) return `exit status ${code}`;
  const names: Partial<Record<NodeJS.Signals, string>> = {
    SIGHUP: "hangup",
    SIGINT: "interrupt",
    SIGKILL: "killed",
    SIGTERM: "terminated",
  };
  return `signal: ${names[signal!] ?? signal}`;
}

function notStarted({ code, message }: NodeJS.ErrnoException, program: string): string {
  if (code !== "ENOENT") return message;
  if (program.includes("/")) return `fork/exec ${program}: no such file or directory`;
  return `exec: "${program}": executable file not found in $PATH`;
}

/** Ends when the program has ended and nobody holds its output any more, as the official provider waits for both. */
function execute(
  [program = "", ...args]: string[],
  properties: LocalProperties,
  outcome: Outcome,
  signal: AbortSignal,
) {
  return new Promise<string | undefined>((resolve) => {
    const child = spawn(program, args, {
      ...(properties.dir !== undefined && { cwd: properties.dir }),
      env: { ...process.env, ...variables(properties) },
    });
    // Only the program itself hears of it, as from the official provider, and what it started goes on.
    const abort = () => child.kill("SIGKILL");
    signal.addEventListener("abort", abort, { once: true });
    child.stdout.setEncoding("utf8").on("data", (text: string) => outcome.seen("stdout", text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => outcome.seen("stderr", text));
    const ended = (failure: string | undefined) => {
      signal.removeEventListener("abort", abort);
      resolve(failure);
    };
    child.on("error", (error) => ended(notStarted(error, program)));
    child.on("close", (code, name) => ended(failureOf(code, name)));
    // A command may end before it has read its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(properties.stdin ?? "");
  });
}

async function run(command: string, properties: LocalProperties, call: Call): Promise<Output> {
  const { interpreter = [], dir, assetPaths, archivePaths, logging } = properties;
  if (assetPaths ?? archivePaths) throw new Error("the stand-in for command gives back no assets and no archives");
  const outcome = new Outcome(command, logging, call);
  if (dir !== undefined && !existsSync(dir)) return outcome.ended(`chdir ${dir}: no such file or directory`);
  const program = interpreter.length > 0 ? interpreter : DEFAULT_INTERPRETER;
  return outcome.ended(await execute([...program, command], properties, outcome, call.signal));
}

/** The life cycle of `command:local:Command`. */
export const localCommand = lifeCycle(INPUTS, run);
