/** From nothing to a running cluster: the lab's hosts, the dev stack on them, and its nodes as kubectl shows them. */
import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBinaries } from "./binaries/build";
import { kubernetes } from "./binaries/recipes";
import { runPulumi } from "./engine/pulumi";
import { LabError } from "./error";
import { labDir } from "./paths";
import { say, step } from "./say";
import { inForeground, run } from "./sh";
import { up } from "./up";

const READY_LIMIT_S = 300;

/** Safe to run again; returns the exit code. */
export async function demo(lab: string): Promise<number> {
  const config = await up(lab);
  say("building the cluster: pulumi up");
  const { code } = await inForeground(() => runPulumi(["up", "--yes", "--non-interactive"], lab));
  if (code !== 0) {
    throw new LabError(
      `pulumi up ended with exit code ${code}.`,
      "Read its message above, correct what it names and run this again: it goes on where it stopped.",
    );
  }

  const kubeconfig = labDir(lab, "kubeconfig");
  writePrivate(kubeconfig, await kubeconfigOf(lab));
  const kubectl = join(await ensureBinaries(kubernetes(config.kubernetesVersion)), "kubectl");
  const client = (...args: string[]) =>
    run(kubectl, ["--kubeconfig", kubeconfig, ...args], {
      limit: READY_LIMIT_S + 30,
      fix: `Look at the hosts (npm run lab -- status), then run this again.`,
    });
  await step("waiting until every node is ready", () =>
    client("wait", "--for=condition=Ready", "nodes", "--all", `--timeout=${READY_LIMIT_S}s`),
  );
  const nodes = await client("get", "nodes", "-o", "wide");
  process.stdout.write(`\nThe cluster's nodes, asked through its virtual IP ${config.vip}:\n\n${nodes.stdout}\n`);
  process.stdout.write(`Use it:\n\n  export KUBECONFIG=${kubeconfig}\n  ${kubectl} get pods -A\n\n`);
  process.stdout.write("Change it: npm run pulumi -- config set --path 'kubeadm-ha:hosts[3].labels.zone' a\n");
  process.stdout.write("Then: npm run pulumi -- preview, and npm run pulumi -- up\n");
  process.stdout.write("End it: npm run lab -- down\n");
  return 0;
}

async function kubeconfigOf(lab: string): Promise<string> {
  const output = await runPulumi(["stack", "output", "kubeconfig", "--show-secrets"], lab, { capture: true });
  if (output.code === 0 && output.stdout.trim() !== "") return output.stdout;
  throw new LabError(
    `The stack has no output kubeconfig: ${output.stderr.trim()}`,
    "Look at the stack: npm run pulumi -- stack",
  );
}

/** A kubeconfig is a key to everything: nobody else may ever read it, not even while it is written. */
function writePrivate(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text, { mode: 0o600 });
  chmodSync(`${file}.tmp`, 0o600);
  renameSync(`${file}.tmp`, file);
}
