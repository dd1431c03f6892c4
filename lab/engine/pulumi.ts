/** Runs the Pulumi CLI on a lab's stack. */
import { join } from "node:path";
import { LabError } from "../error";
import { projectDir } from "../paths";
import { ensureEngine, type Engine } from "./install";
import { runCli, type PulumiResult } from "./process";
import { backendDir, ensurePassphrase, removeLeftovers, STACK, stackCopy, stackExists } from "./state";
import { guard, onCopy, readsConfig } from "./stackfile";

export type { PulumiResult };

export interface PulumiOptions {
  /** Collect the output instead of showing it. */
  capture?: boolean;
  /** Standard input of a captured run. */
  input?: string;
  /** Added to the environment. */
  env?: NodeJS.ProcessEnv;
  /** Seconds until the run is interrupted. Default: none when shown, 3600 when captured. */
  timeout?: number;
  /** For tests: another folder than the lab's project. */
  cwd?: string;
}

const CAPTURE_TIMEOUT_S = 3600;
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

function start(engine: Engine, args: string[], cwd: string, env: NodeJS.ProcessEnv, options: PulumiOptions) {
  const { capture = false, input } = options;
  const timeout = options.timeout ?? (capture ? CAPTURE_TIMEOUT_S : 0);
  return runCli(engine.cli, args, { cwd, env, capture, input, timeout });
}

async function ensureStack(engine: Engine, lab: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (stackExists(lab)) return;
  const restore = guard(join(cwd, `Pulumi.${STACK}.yaml`));
  const args = ["stack", "init", STACK, "--secrets-provider", "passphrase", "--no-select", "--non-interactive"];
  const { code, stderr, stdout } = await start(engine, args, cwd, env, { capture: true, timeout: 60 });
  restore();
  if (code !== 0 && !stackExists(lab)) throw new LabError(`The stack ${STACK} cannot be created.`, stderr + stdout);
}

/** Runs `pulumi ARGS` on the lab's stack, which is created when missing; the exit code is an answer, not an error. */
export async function runPulumi(args: string[], lab: string, options: PulumiOptions = {}): Promise<PulumiResult> {
  const engine = await ensureEngine();
  const cwd = options.cwd ?? projectDir(lab);
  const env = { ...pulumiEnv(engine, lab), ...options.env };
  if (args.length === 0 || STACKLESS.has(args[0]!)) return start(engine, args, cwd, env, options);
  await ensureStack(engine, lab, cwd, env);
  removeLeftovers(lab);
  const file = join(cwd, `Pulumi.${STACK}.yaml`);
  if (readsConfig(args)) {
    const copy = onCopy(args, file, stackCopy(lab));
    return start(engine, copy.args, cwd, env, options).finally(copy.done);
  }
  return start(engine, args, cwd, env, options).finally(guard(file));
}
