/** Runs the Pulumi CLI on a lab's stack. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { LabError } from "../error";
import { projectDir } from "../paths";
import { ensureEngine, type Engine } from "./install";
import { backendDir, ensurePassphrase, removeStaleLocks, STACK, stackExists } from "./state";
import { guard, onCopy, readsConfig } from "./stackfile";

export interface PulumiOptions {
  /** Collect the output instead of showing it. */
  capture?: boolean;
  /** Added to the environment. */
  env?: NodeJS.ProcessEnv;
  /** Seconds until the run is interrupted. Default: none when shown, 3600 when captured. */
  timeout?: number;
  /** For tests: another folder than the lab's project. */
  cwd?: string;
}

export interface PulumiResult {
  code: number;
  stdout: string;
  stderr: string;
}

const CAPTURE_TIMEOUT_S = 3600;
/** What an interrupted run has for cancelling its resources before it is killed. */
const INTERRUPT_GRACE_S = 30;
/** Commands that neither read nor change the stack. */
const STACKLESS = new Set([
  "version",
  "about",
  "plugin",
  "help",
  "--help",
  "-h",
  "--version",
  "completion",
  "gen-completion",
  "schema",
]);

/** The environment of every run on a lab's stack. */
export function pulumiEnv(engine: Engine, lab: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...engine.env,
    PULUMI_BACKEND_URL: `file://${backendDir(lab)}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: ensurePassphrase(lab),
    PULUMI_CONFIG_PASSPHRASE: undefined,
    PULUMI_STACK: STACK,
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
  };
}

function interrupt(child: ChildProcess): void {
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), INTERRUPT_GRACE_S * 1000).unref();
}

function finished(cli: string, args: string[], cwd: string, env: NodeJS.ProcessEnv, options: PulumiOptions) {
  const { capture = false } = options;
  const timeout = options.timeout ?? (capture ? CAPTURE_TIMEOUT_S : 0);
  const child = spawn(cli, args, { cwd, env, stdio: capture ? ["ignore", "pipe", "pipe"] : "inherit" });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  // Ctrl-C in a terminal reaches the CLI by itself; here it must only not end the process that waits for it.
  const ignore = () => undefined;
  const forward = () => child.kill("SIGTERM");
  process.on("SIGINT", ignore).on("SIGTERM", forward);
  let late = false;
  const timer = timeout > 0 ? setTimeout(() => ((late = true), interrupt(child)), timeout * 1000) : undefined;
  return new Promise<PulumiResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      process.off("SIGINT", ignore).off("SIGTERM", forward);
      if (late)
        reject(new LabError(`pulumi ${args[0]} took more than ${timeout} s and was interrupted.`, output.stderr));
      else resolve({ code: code ?? (signal === "SIGINT" ? 130 : 1), ...output });
    });
  });
}

async function ensureStack(engine: Engine, lab: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (stackExists(lab)) return;
  const restore = guard(join(cwd, `Pulumi.${STACK}.yaml`));
  const args = ["stack", "init", STACK, "--secrets-provider", "passphrase", "--no-select", "--non-interactive"];
  const { code, stderr, stdout } = await finished(engine.cli, args, cwd, env, { capture: true, timeout: 60 });
  restore();
  if (code !== 0 && !stackExists(lab)) throw new LabError(`The stack ${STACK} cannot be created.`, stderr + stdout);
}

/** Runs `pulumi ARGS` on the lab's stack, which is created when missing; the exit code is an answer, not an error. */
export async function runPulumi(args: string[], lab: string, options: PulumiOptions = {}): Promise<PulumiResult> {
  const engine = await ensureEngine();
  const cwd = options.cwd ?? projectDir(lab);
  const env = { ...pulumiEnv(engine, lab), ...options.env };
  if (args.length === 0 || STACKLESS.has(args[0]!)) return finished(engine.cli, args, cwd, env, options);
  await ensureStack(engine, lab, cwd, env);
  removeStaleLocks(lab);
  const file = join(cwd, `Pulumi.${STACK}.yaml`);
  if (readsConfig(args)) {
    const copy = onCopy(args, file, join(backendDir(lab), `stack-${process.pid}.yaml`));
    return finished(engine.cli, copy.args, cwd, env, options).finally(copy.done);
  }
  return finished(engine.cli, args, cwd, env, options).finally(guard(file));
}
