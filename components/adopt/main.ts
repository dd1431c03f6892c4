/** `npm run adopt` with the operator's own Pulumi CLI: PULUMI names it, otherwise `pulumi` of the search path. */
import { spawn, type StdioOptions } from "node:child_process";

import type { CliOptions, CliResult } from "./stack";
import { adoptTool } from "./tool";

function run(args: string[], { env, input, show = false }: CliOptions = {}): Promise<CliResult> {
  const cli = process.env["PULUMI"] || "pulumi";
  // The passphrase may be asked for on the terminal, but where standard input carries the deployment.
  const output = show ? "inherit" : "pipe";
  const stdio: StdioOptions = [input === undefined ? "inherit" : "pipe", output, output];
  const child = spawn(cli, args, { env: { ...process.env, ...env }, stdio });
  const result: CliResult = { code: 1, stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => (result[name] += text));
  // A CLI that ends early says why by itself.
  child.stdin?.on("error", () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`${cli} cannot be run: ${error.message}. Install the Pulumi CLI.`)));
    child.on("close", (code) => resolve({ ...result, code: code ?? 1 }));
  });
}

adoptTool(process.argv.slice(2), { root: process.cwd(), run }).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`adopt: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
