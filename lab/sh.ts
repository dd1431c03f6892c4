/** Runs child processes, each with a limit. */
import { spawn } from "node:child_process";
import { LabError } from "./error";

export interface RunOptions {
  /** Given to the child's standard input; without it the child gets none. The place for secrets. */
  input?: string | Buffer;
  /** Added to the environment. Never for secrets. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Seconds until the child and its children are killed. Default 60. */
  limit?: number;
  /** Any exit code is an answer, not a failure. */
  anyExit?: boolean;
  /** Sees every line of both outputs as it comes. */
  onLine?: (line: string) => void;
  /** What to do when it fails, for the message. */
  fix?: string;
}

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

const running = new Set<number>();

// A child has a process group of its own, so that its limit ends all of it; Ctrl-C in a terminal does not reach it there.
process.on("exit", () => running.forEach((pid) => killGroup(pid)));

let foreground = 0;

/** Ends this process and its children on a signal, unless a child has the terminal: that one is to end first. */
export function endOnSignals(): void {
  for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const, ["SIGHUP", 129] as const]) {
    process.on(signal, () => {
      if (foreground === 0) process.exit(code);
    });
  }
}

/** Marks `work` as having the terminal: signals are its children's to answer. */
export async function inForeground<T>(work: () => Promise<T>): Promise<T> {
  foreground += 1;
  try {
    return await work();
  } finally {
    foreground -= 1;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Runs a command to its end and returns what it printed; fails on another exit code than 0 and at the limit. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const limit = options.limit ?? 60;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    detached: true,
  });
  const pid = child.pid;
  if (pid !== undefined) running.add(pid);

  let late = false;
  const timer = setTimeout(() => {
    late = true;
    if (pid !== undefined) killGroup(pid);
  }, limit * 1000);

  const collected = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    let rest = "";
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      collected[name] += text;
      if (!options.onLine) return;
      const lines = (rest + text).split(/[\r\n]+/);
      rest = lines.pop() ?? "";
      lines.filter((line) => line !== "").forEach(options.onLine);
    });
  }
  // A child that ends without reading its input is judged by its exit code, not by the broken pipe.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(options.input);

  let code: number;
  try {
    code = await new Promise<number>((done, fail) => {
      child.on("error", fail);
      child.on("close", (exit) => done(exit ?? 1));
    });
  } catch (error) {
    throw new LabError(`${command} cannot be run: ${(error as Error).message}`, options.fix ?? `Install ${command}.`);
  } finally {
    clearTimeout(timer);
    if (pid !== undefined) running.delete(pid);
  }
  if (late) throw failure(`gave no end within ${limit} s and was killed`);
  if (code !== 0 && !options.anyExit) throw failure(`exit code ${code}`);
  return { code, ...collected };

  function failure(what: string): LabError {
    const said = tail(collected.stderr.trim() || collected.stdout.trim());
    return new LabError(
      `${[command, ...args].join(" ").slice(0, 300)}: ${what}${said && `\n${said}`}`,
      options.fix ?? "Read its message above.",
    );
  }
}

/** Runs a command on this terminal, for as long as it takes; returns its exit code. */
export function runInteractive(command: string, args: string[]): Promise<number> {
  return inForeground(async () => {
    const child = spawn(command, args, { stdio: "inherit" });
    // Ctrl-C in a terminal reaches the child by itself; this signal does not.
    const forward = () => child.kill("SIGTERM");
    process.on("SIGTERM", forward);
    try {
      return await new Promise<number>((done, fail) => {
        child.on("error", fail);
        child.on("close", (exit) => done(exit ?? 1));
      });
    } finally {
      process.off("SIGTERM", forward);
    }
  });
}

/** Waits until `test` answers something other than undefined; at the limit fails with what `problem` says then. */
export async function waitFor<T>(
  options: { limit: number; every?: number; problem: () => LabError | Promise<LabError> },
  test: () => Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + options.limit * 1000;
  for (;;) {
    const answer = await test();
    if (answer !== undefined) return answer;
    if (Date.now() >= end) throw await options.problem();
    await sleep(options.every ?? 0.25);
  }
}

export function sleep(seconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, seconds * 1000));
}

/** The last lines of a long text. */
export function tail(text: string, lines = 15): string {
  return text.split("\n").slice(-lines).join("\n");
}
