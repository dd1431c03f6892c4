/** Runs a program the way the official Node.js language host does. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseOptions, shellWords } from "./options";

/** `@pulumi/pulumi` exits with it after it has shown the error itself. */
const EXIT_ALREADY_SHOWN = 32;
const STOP_GRACE_MS = 5000;
const NODE_WITH_CACHE = 22;
const RUN_MODULE = "@pulumi/pulumi/cmd/run";
const OUT_OF_MEMORY = /JavaScript heap out of memory/;
const OUT_OF_MEMORY_HINT =
  "The program seems to have run out of memory: raise its limit in Pulumi.yaml, " +
  "runtime.options.nodeargs: --max-old-space-size=<megabytes>";

/** What the engine asks to run. */
export interface RunRequest {
  engine: string;
  monitor: string;
  organization: string;
  project: string;
  stack: string;
  rootDirectory: string;
  programDirectory: string;
  entryPoint: string;
  dryRun: boolean;
  parallel: number;
  args: string[];
  config: Record<string, string>;
  configSecretKeys: string[];
  options: Record<string, unknown>;
}

export interface RunOutcome {
  error: string;
  /** The program has shown its error already. */
  bail: boolean;
}

function resolveModule(name: string, folder: string): string {
  try {
    return createRequire(join(folder, "noop.js")).resolve(name);
  } catch {
    throw new Error("It looks like the Pulumi SDK has not been installed. Have you run pulumi install?");
  }
}

function runArguments(request: RunRequest): string[] {
  const options: [string, string][] = [
    ["monitor", request.monitor],
    ["engine", request.engine],
    ["organization", request.organization],
    ["project", request.project],
    ["root-directory", request.rootDirectory],
    ["stack", request.stack],
    ["pwd", request.programDirectory],
  ];
  return [
    resolveModule(process.env["PULUMI_LANGUAGE_NODEJS_RUN_PATH"] || RUN_MODULE, request.programDirectory),
    ...options.filter(([, value]) => value !== "").flatMap(([name, value]) => [`--${name}`, value]),
    ...(request.dryRun ? ["--dry-run"] : []),
    ...["--parallel", String(request.parallel)],
    request.entryPoint,
    ...request.args,
  ];
}

/** `<namespace>:<name>` → `<namespace>:config:<name>`, which every version of the SDK reads. */
function configOf(config: Record<string, string>): Record<string, string> {
  const old: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) {
    const [namespace, ...rest] = key.split(":");
    const name = rest[0] === "config" && rest.length > 1 ? rest.slice(1) : rest;
    old[`${namespace}:config:${name.join(":")}`] = value;
  }
  return old;
}

function environment(request: RunRequest, typescript: boolean, tsconfig: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(configOf(request.config)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.configSecretKeys),
    ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
    ...(tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
  };
}

function stop(child: ChildProcess): void {
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS).unref();
}

/** Settings that make node keep compiled code between runs, beside this program's own file. */
function compileCache(): { args: string[]; env: NodeJS.ProcessEnv } {
  const folder = join(__dirname, "compile-cache");
  const hook = `${folder}.js`;
  if (Number(process.versions.node.split(".")[0]) >= NODE_WITH_CACHE)
    return { args: [], env: { NODE_COMPILE_CACHE: folder } };
  return existsSync(hook)
    ? { args: ["--require", hook], env: { KUBEADM_HA_COMPILE_CACHE: folder } }
    : { args: [], env: {} };
}

/** Resolves when the program has ended; a program that fails is an outcome, not an exception. */
export function runProgram(request: RunRequest, cancelled: AbortSignal): Promise<RunOutcome> {
  let command: string[];
  let env: NodeJS.ProcessEnv;
  try {
    const options = parseOptions(request.options);
    const cache = compileCache();
    command = [...cache.args, ...shellWords(options.nodeargs), ...runArguments(request)];
    env = { ...environment(request, options.typescript, options.tsconfig), ...cache.env };
  } catch (error) {
    return Promise.resolve({
      error: error instanceof Error ? error.message : String(error),
      bail: false,
    });
  }
  return new Promise((resolve) => {
    // The working directory is the engine's: node resolves `--require` in nodeargs from there, as with the official host.
    const child = spawn("node", command, {
      env,
      stdio: ["ignore", "inherit", "pipe"],
    });
    const onCancel = () => stop(child);
    cancelled.addEventListener("abort", onCancel, { once: true });
    let outOfMemory = false;
    child.stderr.on("data", (chunk: Buffer) => {
      outOfMemory ||= OUT_OF_MEMORY.test(chunk.toString());
      process.stderr.write(chunk);
    });
    child.on("error", (error) =>
      resolve({
        error: `Problem executing program (could not run language executor): ${error.message}`,
        bail: false,
      }),
    );
    child.on("close", (code) => {
      cancelled.removeEventListener("abort", onCancel);
      if (code === 0) return resolve({ error: "", bail: false });
      if (code === EXIT_ALREADY_SHOWN) return resolve({ error: "", bail: true });
      const hint = outOfMemory ? `. ${OUT_OF_MEMORY_HINT}` : "";
      resolve({
        error: `Program exited with non-zero exit code: ${code ?? -1}${hint}`,
        bail: false,
      });
    });
  });
}
