/** The real CLI with the stand-ins, from the first preview to the last deletion. */
import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { stringify } from "yaml";
import { binariesDir } from "../binaries/build";
import { pulumi } from "../binaries/recipes";
import { repoDir } from "../paths";
import { startSshServer, type SshServer } from "./conformance/sshserver";
import { runPulumi, type PulumiResult } from "./pulumi";

const LIMIT = { timeout: 600_000 };
const RUN_LIMIT_S = 120;
const LAB = "engine";

interface Step {
  op: string;
  urn: string;
}

/** The CLI takes minutes to build: this test is not to start that. */
async function missing(): Promise<string | false> {
  const built = await binariesDir(pulumi()).then(
    (dir) => existsSync(join(dir, "pulumi")),
    () => false,
  );
  return built ? false : "the Pulumi CLI is not built yet: npm run lab -- up";
}

describe("the Pulumi CLI with stand-ins", LIMIT, () => {
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-ha-engine-"));
  const stackFile = join(folder, "Pulumi.dev.yaml");
  const saved = { state: process.env.XDG_STATE_HOME, sources: process.env.LAB_SOURCES };
  const settings: Record<string, unknown> = { earlyRenewalHours: 0, create: "wc -c" };
  let ssh: SshServer;
  let skip: string | false;

  before(async () => {
    skip = await missing();
    if (skip) return;
    process.env.XDG_STATE_HOME = join(folder, "state");
    process.env.LAB_SOURCES = "build";
    ssh = await startSshServer();
    copyFileSync(join(repoDir, "lab", "engine", "conformance", "program", "index.ts"), join(folder, "index.ts"));
    for (const name of ["Pulumi.yaml", "package.json", "node_modules"])
      symlinkSync(join(repoDir, name), join(folder, name));
    configure({});
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const [name, value] of [
      ["XDG_STATE_HOME", saved.state],
      ["LAB_SOURCES", saved.sources],
    ] as const) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await ssh?.close();
  });

  function configure(more: Record<string, unknown>): string {
    Object.assign(settings, more);
    const { host, port, hostKey, clientKey } = ssh;
    const config = { ...settings, ssh: { host, port, hostKey, privateKey: clientKey } };
    const keys = Object.entries(config).map(([key, value]) => [`kubeadm-ha:${key}`, value]);
    const text = `# A comment that stays.\n${stringify({ config: Object.fromEntries(keys) as unknown })}`;
    writeFileSync(stackFile, text);
    return text;
  }
  const run = (...args: string[]): Promise<PulumiResult> =>
    runPulumi([...args, "--non-interactive"], LAB, { capture: true, cwd: folder, timeout: RUN_LIMIT_S });
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, `pulumi ${args.join(" ")}\n${stdout}\n${stderr}`);
    return stdout;
  };
  const plan = async (): Promise<string[]> => {
    const { steps } = JSON.parse(await ok("preview", "--json")) as { steps: Step[] };
    return steps
      .filter(({ op }) => op !== "same")
      .map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`)
      .sort();
  };
  const state = (): string =>
    readFileSync(
      join(folder, "state", "kubeadm-ha", "labs", LAB, "pulumi", ".pulumi", "stacks", "kubeadm-ha", "dev.json"),
      "utf8",
    );
  const step = (title: string, work: () => Promise<void>): void =>
    void test(title, LIMIT, async (context) => (skip ? context.skip(skip) : work()));

  step("a preview plans everything and does nothing", async () => {
    assert.deepEqual(await plan(), [
      "create cert",
      "create key",
      "create kubeadm-ha-dev",
      "create password",
      "create written",
    ]);
    assert.deepEqual(ssh.seen.commands, []);
  });

  step("up creates everything", async () => {
    await ok("up", "--yes", "--skip-preview");
    assert.equal((await ok("stack", "output", "out", "--show-secrets")).trim(), "20");
    assert.match(await ok("stack", "output", "certPem"), /^-----BEGIN CERTIFICATE-----/);
  });

  step("the next up changes nothing, connects nowhere and leaves the stack file alone", async () => {
    const text = configure({});
    const { connections } = ssh.seen;
    await ok("up", "--yes", "--expect-no-changes");
    assert.equal(ssh.seen.connections, connections);
    assert.equal(readFileSync(stackFile, "utf8"), text);
  });

  step("no secret is in the state in plain text", async () => {
    const password = (await ok("stack", "export", "--show-secrets")).match(
      /"result": *(?:\{[^}]*"plaintext": *"\\"|")([A-Za-z0-9]{20})/,
    )?.[1];
    assert.ok(password, "the exported state shows the password");
    assert.ok(!state().includes(password));
    assert.ok(!state().includes("PRIVATE KEY"));
  });

  step("a changed command is one update in place", async () => {
    configure({ create: "wc -c; echo more" });
    assert.deepEqual(await plan(), ["update written"]);
    await ok("up", "--yes", "--skip-preview");
    assert.match(await ok("stack", "output", "out", "--show-secrets"), /more/);
  });

  step("a certificate whose time for renewal has come is replaced, as a preview tells", async () => {
    configure({ earlyRenewalHours: 11 });
    assert.deepEqual(
      (await plan()).filter((line) => line.endsWith("cert")),
      ["replace cert"],
    );
    configure({ earlyRenewalHours: 0 });
  });

  step("configuration that is set stays set, without the machine's salt", async () => {
    await ok("config", "set", "extra", "1");
    const text = readFileSync(stackFile, "utf8");
    assert.match(text, /^# A comment that stays\.$/m);
    assert.match(text, /kubeadm-ha:extra: "1"/);
    assert.doesNotMatch(text, /encryptionsalt/);
  });

  step("a failing command fails the run with its output and keeps the old state", async () => {
    configure({ create: "echo the reason; exit 3" });
    const { code, stdout, stderr } = await run("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /Process exited with status 3: running "echo the reason; exit 3":\s+the reason/);
    configure({ create: "wc -c; echo more" });
    await ok("preview", "--expect-no-changes");
  });

  step("the lock of a killed run is taken away", async () => {
    const locks = join(
      folder,
      "state",
      "kubeadm-ha",
      "labs",
      LAB,
      "pulumi",
      ".pulumi",
      "locks",
      "organization",
      "kubeadm-ha",
      "dev",
    );
    mkdirSync(locks, { recursive: true });
    writeFileSync(
      join(locks, "x.json"),
      JSON.stringify({ pid: 2 ** 22 + 1, username: "root", hostname: hostname(), timestamp: new Date() }),
    );
    await ok("up", "--yes", "--expect-no-changes");
    assert.ok(!existsSync(join(locks, "x.json")));
  });

  step("destroy runs the recorded deletions and leaves nothing", async () => {
    await ok("destroy", "--yes", "--skip-preview");
    assert.equal(ssh.seen.commands.at(-1), "echo deleted");
    assert.doesNotMatch(state(), /"resources": *\[\s*\{/);
  });
});
