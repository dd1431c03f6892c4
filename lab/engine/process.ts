/** Runs the CLI as a child: its output, its limit, and the signals that are to reach it exactly once. */
import { spawn, type ChildProcess } from "node:child_process";
import { LabError } from "../error";

export interface PulumiResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ProcessOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Collect the output instead of showing it. */
  capture: boolean;
  /** Standard input of a captured run; without it there is none. */
  input?: string;
  /** Seconds until the run is interrupted; 0: none. */
  timeout: number;
}

/** What an interrupted run has for cancelling its resources before it is killed. */
const INTERRUPT_GRACE_S = 30;
const CODES: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143, SIGKILL: 137, SIGHUP: 129 };

/** Asks the CLI to cancel what it does, and kills it when it does not. */
function interrupt(child: ChildProcess): void {
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), INTERRUPT_GRACE_S * 1000).unref();
}

/**
 * On a terminal the CLI shares our process group: it asks questions there, and Ctrl-C reaches it by itself. Elsewhere it
 * has a group of its own and gets every signal from us: a second one, as from `timeout`, which signals the whole group,
 * would make it drop its work where the first one makes it finish in order. If we are killed, it is interrupted.
 */
function start(
  cli: string,
  args: string[],
  { cwd, env, capture, input }: ProcessOptions,
  terminal: boolean,
): ChildProcess {
  const stdin = input === undefined ? "ignore" : "pipe";
  const stdio = capture ? ([stdin, "pipe", "pipe"] as const) : ("inherit" as const);
  if (terminal) return spawn(cli, args, { cwd, env, stdio: stdio as "inherit" });
  const guarded = ["--pdeathsig", "INT", cli, ...args];
  return spawn("setpriv", guarded, { cwd, env, stdio: stdio as "inherit", detached: true });
}

/** Resolves with the exit code and, when captured, the output. */
export function runCli(cli: string, args: string[], options: ProcessOptions): Promise<PulumiResult> {
  const terminal = !options.capture && process.stdin.isTTY === true;
  const child = start(cli, args, options, terminal);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => (output[name] += text));

  // A CLI that ends early says why by itself.
  if (options.input !== undefined) child.stdin?.on("error", () => undefined).end(options.input);

  const onInterrupt = () => void (terminal || child.kill("SIGINT"));
  const onTerminate = () => void child.kill("SIGTERM");
  process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
  let late = false;
  const expire = () => {
    late = true;
    interrupt(child);
  };
  const timer = options.timeout > 0 ? setTimeout(expire, options.timeout * 1000) : undefined;
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);
      if (late)
        reject(
          new LabError(`pulumi ${args[0]} took more than ${options.timeout} s and was interrupted.`, output.stderr),
        );
      else resolve({ code: code ?? CODES[signal!] ?? 1, ...output });
    });
  });
}
