/** `npm run plan` with the operator's own Pulumi CLI: PULUMI names it, otherwise `pulumi` of the search path. */
import { spawn } from "node:child_process";

import { planTool, type Preview } from "./tool";

function pulumi(args: string[], env: Record<string, string>): Promise<Preview> {
  const cli = process.env["PULUMI"] || "pulumi";
  // The passphrase may be asked for on the terminal.
  const child = spawn(cli, args, { env: { ...process.env, ...env }, stdio: ["inherit", "pipe", "pipe"] });
  const preview: Preview = { code: 1, stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => (preview[name] += text));
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`${cli} cannot be run: ${error.message}. Install the Pulumi CLI.`)));
    child.on("close", (code) => resolve({ ...preview, code: code ?? 1 }));
  });
}

planTool(process.argv.slice(2), pulumi).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`plan: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
