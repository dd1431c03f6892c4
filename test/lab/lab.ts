/** A lab of the tests' own, driven by the commands that people use. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse, parseDocument } from "yaml";

import { ensureBinaries } from "../../lab/binaries/build";
import { kubernetes } from "../../lab/binaries/recipes";
import { labConfig, stackFile } from "../../lab/config";
import { docker } from "../../lab/fleet/dockerd";
import { containerName } from "../../lab/fleet/names";
import type { Further } from "../../lab/mirror/wanted";
import { labDir, repoDir } from "../../lab/paths";
import { run, type RunResult } from "../../lab/sh";
import { fleetOf, spareHosts } from "../../lab/spares";
import { serveAlso } from "../../lab/up";

/** Seconds that one whole build or removal of a cluster may take on a busy machine. */
const LONG = 1800;

export class Lab {
  private kubeconfigFile: string | undefined;

  constructor(
    /** The lab's name, `test`. */
    readonly name: string,
    /** Overlay of the stack file in lab/stacks, or nothing for the dev stack. */
    private readonly stack?: string,
  ) {}

  /** The lab's own state folder. */
  get folder(): string {
    return labDir(this.name);
  }

  /** The stack file that this lab's Pulumi runs with; the tests edit it as an operator would. */
  get stackFile(): string {
    return stackFile(this.name);
  }

  /** `npm run lab -- ARGS`; fails the test on another exit code than 0. */
  lab(...args: string[]): Promise<RunResult> {
    return run("bash", [join(repoDir, "lab/run"), ...args], { env: this.env, limit: LONG, cwd: repoDir });
  }

  /** The same, with any exit code. */
  run(...args: string[]): Promise<RunResult> {
    const options = { env: this.env, limit: LONG, cwd: repoDir, anyExit: true };
    return run("bash", [join(repoDir, "lab/run"), ...args], options);
  }

  /** Has the mirror serve these versions too, from the next `lab up` on. */
  serveAlso(versions: Further): Promise<void> {
    return serveAlso(this.name, versions, this.stack);
  }

  /** `npm run pulumi -- ARGS`, with any exit code. */
  pulumi(...args: string[]): Promise<RunResult> {
    return this.run("pulumi", ...args);
  }

  /** As `pulumi`, and the command must succeed. */
  async pulumiOk(...args: string[]): Promise<string> {
    const result = await this.pulumi(...args);
    assert.equal(
      result.code,
      0,
      `pulumi ${args.join(" ")}:\n${result.stdout.slice(-6000)}\n${result.stderr.slice(-2000)}`,
    );
    return result.stdout;
  }

  /** Sets keys of the stack file, `{ kubernetesVersion: "v1.36.3" }`, as an operator would; undefined takes one out. */
  configure(keys: Record<string, unknown>): void {
    writeFileSync(this.stackFile, withKeys(readFileSync(this.stackFile, "utf8"), keys));
  }

  /** The stack file with other values of some keys, for another stack. */
  copyConfiguration(file: string, keys: Record<string, unknown>): void {
    writeFileSync(file, withKeys(readFileSync(this.stackFile, "utf8"), keys));
  }

  /** What a key of the stack file holds. */
  configuration(key: string): unknown {
    const file = parse(readFileSync(this.stackFile, "utf8")) as { config: Record<string, unknown> };
    return file.config[`kubeadm-ha:${key}`];
  }

  /** What a preview would do, `update dev-cp1-kubelet`, sorted. */
  async plan(): Promise<string[]> {
    const { steps } = JSON.parse(await this.pulumiOk("preview", "--json")) as { steps: { op: string; urn: string }[] };
    return steps
      .filter(({ op }) => op !== "same")
      .map(({ op, urn }) => `${op} ${urn.split("::").at(-1)!}`)
      .sort();
  }

  /** `pulumi up`, which must succeed. */
  up(): Promise<string> {
    return this.pulumiOk("up", "--yes", "--skip-preview", "--non-interactive");
  }

  /** `pulumi up` that is cut off when a condition is met on a host; resolves when the command has ended. */
  async upCutOff(host: string, condition: string, limit: number, cut: () => Promise<void>): Promise<RunResult> {
    const up = this.pulumi("up", "--yes", "--skip-preview", "--non-interactive");
    const ended = up.then((result) => {
      throw new Error(`pulumi up ended before the condition was met: ${result.stdout.slice(-1500)}`);
    });
    const steps = limit * 5;
    const loop = `for _ in $(seq ${steps}); do { ${condition}; } >/dev/null 2>&1 && exit 0; sleep 0.2; done; exit 1`;
    await Promise.race([this.on(host, loop), ended]);
    ended.catch(() => undefined);
    await cut();
    return up;
  }

  /** The configuration and the state are one. */
  async unchanged(): Promise<void> {
    assert.deepEqual(await this.plan(), []);
  }

  /** A host's address in the lab. */
  address(host: string): string {
    const fleet = fleetOf(labConfig(this.name), spareHosts(this.name));
    const found = fleet.find(({ name }) => name === host);
    assert.ok(found, `the lab has no host ${host}`);
    return found.ip;
  }

  /** A command on a host, over the lab's own channel; fails on another exit code than 0. */
  async on(host: string, command: string): Promise<string> {
    const { stdout } = await docker(["exec", containerName(this.name, host), "bash", "-c", command], { limit: LONG });
    return stdout.trim();
  }

  /** kubectl on this machine with the stack's kubeconfig, which goes through the virtual IP. */
  async kubectl(...args: string[]): Promise<string> {
    return (await this.runKubectl(args)).stdout;
  }

  /** `kubectl apply` of an object. */
  async apply(manifest: object): Promise<void> {
    await this.runKubectl(["apply", "-f", "-"], JSON.stringify(manifest));
  }

  /** The answer of a URL asked inside a pod's own network, through the API's port-forward. */
  async podGet(pod: string, url: string): Promise<string> {
    const { pathname, search, port } = new URL(url);
    return this.kubectl("get", "--raw", `/api/v1/namespaces/default/pods/${pod}:${port}/proxy${pathname}${search}`);
  }

  /** A power cut for the running Pulumi: the CLI of this lab is killed, nothing can tidy up. */
  async killPulumi(): Promise<void> {
    const found = await run("pgrep", ["-f", `bin/pulumi up .*labs/${this.name}/`], { anyExit: true });
    const pids = found.stdout.trim().split("\n").filter(Boolean);
    assert.ok(pids.length > 0, "pulumi is not running");
    for (const pid of pids) process.kill(Number(pid), "SIGKILL");
  }

  /** The program kubectl and the file with the stack's kubeconfig, for what runs beside the test. */
  async kubectlFiles(): Promise<{ kubectl: string; kubeconfig: string }> {
    this.kubeconfigFile ??= await this.writeKubeconfig();
    const binaries = await ensureBinaries(kubernetes(labConfig(this.name).kubernetesVersion));
    return { kubectl: join(binaries, "kubectl"), kubeconfig: this.kubeconfigFile };
  }

  private async runKubectl(args: string[], input?: string): Promise<RunResult> {
    const { kubectl, kubeconfig } = await this.kubectlFiles();
    const all = ["--kubeconfig", kubeconfig, "--request-timeout=30s", ...args];
    return run(kubectl, all, { limit: 300, ...(input !== undefined && { input }) });
  }

  /** After a rebuild the old file is void. */
  forgetKubeconfig(): void {
    this.kubeconfigFile = undefined;
  }

  private async writeKubeconfig(): Promise<string> {
    const text = await this.pulumiOk("stack", "output", "kubeconfig", "--show-secrets");
    const file = join(mkdtempSync(join(tmpdir(), "kubeadm-ha-test-")), "kubeconfig");
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  private get env(): NodeJS.ProcessEnv {
    return { LAB: this.name, ...(this.stack && { LAB_STACK: this.stack }) };
  }
}

function withKeys(text: string, keys: Record<string, unknown>): string {
  const document = parseDocument(text);
  for (const [key, value] of Object.entries(keys)) {
    const path = ["config", `kubeadm-ha:${key}`];
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, value);
  }
  return String(document);
}
