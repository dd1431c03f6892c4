/** Upgrades Kubernetes on the cluster of the lab that LAB names, while a load measures what its users notice. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { minorOf, minors } from "../../components/spec/versions";
import { labConfig } from "../../lab/config";
import { LabError } from "../../lab/error";
import { ensureMirrorContent } from "../../lab/mirror/content";
import { labName } from "../../lab/paths";
import { sleep } from "../../lab/sh";
import { Lab } from "../lab/lab";
import { startLoad } from "../load/load";
import { type Step, steps } from "./events";
import { figure, seconds, timed } from "./figures";
import { printLoad } from "./load-figures";

/** Seconds of load before and after the upgrade. */
const MARGIN_S = 10;

/** One control plane by stock `kubeadm upgrade` on these hosts; most of it is waiting for the kubelet. */
const STOCK_CONTROL_PLANE = "stock kubeadm upgrade 109–177 s";

export async function upgrade(options: string[]): Promise<void> {
  const lab = new Lab(labName());
  const { kubernetesVersion: from, hosts } = labConfig(lab.name);
  const to = targetVersion(options, from);
  await ensureMirrorContent(lab.name, { kubernetesVersions: [to] });
  // The mirror's host is made again when its content is new.
  await lab.lab("up");

  const folder = mkdtempSync(join(tmpdir(), "kubeadm-ha-bench-"));
  const events = join(folder, "events.json");
  // The flag --event-log is there only with this.
  process.env["PULUMI_DEBUG_COMMANDS"] = "true";
  const load = await startLoad({ kubeconfig: await lab.pulumiOk("stack", "output", "kubeconfig", "--show-secrets") });
  let failure: unknown;
  let ms = Number.NaN;
  try {
    await sleep(MARGIN_S);
    await lab.pulumiOk("config", "set", "kubernetesVersion", to);
    const up = ["up", "--yes", "--skip-preview", "--non-interactive", "--event-log", events];
    ({ ms } = await timed(() => lab.pulumiOk(...up)));
    await sleep(MARGIN_S);
  } catch (error) {
    // What the load saw until then is wanted all the more.
    failure = error;
  }
  const report = await load.stop();

  const done = steps(readEvents(events));
  console.log(`\nupgrade ${from} → ${to} under load${failure ? ": it failed" : ""}`);
  figure("program", seconds(ms));
  printSteps(
    done,
    hosts.map(({ name }) => name),
  );
  printLoad(report, done);
  rmSync(folder, { recursive: true });
  if (failure) throw failure;
}

/** `--to VERSION`, or the release of the next minor that the lab drills. */
export function targetVersion(options: string[], from: string): string {
  const [flag, version, ...rest] = options;
  if (flag === undefined) {
    const next = minors[minors.findIndex(({ minor }) => minor === minorOf(from)) + 1];
    if (next) return next.tested;
    throw new LabError(`There is no minor after ${from} in the versions table.`, "Name a version: --to v1.2.3");
  }
  if (flag === "--to" && version !== undefined && /^v\d+\.\d+\.\d+$/.test(version) && rest.length === 0) return version;
  throw new LabError(`upgrade ${options.join(" ")}: no such options.`, "Use --to v1.2.3, or none.");
}

function readEvents(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // The run failed before it began.
    return "";
  }
}

/** Every step as it ran, then the sum of each node's steps. */
function printSteps(done: Step[], hosts: string[]): void {
  const start = done[0]?.from ?? 0;
  for (const { name, from, to, failed } of done) {
    const at = `at ${from - start} s`.padEnd(9);
    const note = name.endsWith("-control-plane") ? STOCK_CONTROL_PLANE : "";
    figure(`  ${at}${name}`, duration(from, to), failed ? "failed" : note);
  }
  console.log("\nsteps of each node, added up");
  for (const host of hosts) {
    const own = done.filter(({ name }) => isOf(host, name));
    const sum = own.reduce((all, { from, to }) => all + ((to ?? from) - from), 0);
    figure(`  ${host}`, `${sum} s`, own.map(({ name, from, to }) => `${name} ${duration(from, to)}`).join(", "));
  }
}

function duration(from: number, to: number | undefined): string {
  return to === undefined ? "no end" : `${to - from} s`;
}

/** `dev-cp1-kubelet` and `dev-etcd-cp1-member` are steps of cp1. */
function isOf(host: string, step: string): boolean {
  return step.includes(`-${host}-`);
}
