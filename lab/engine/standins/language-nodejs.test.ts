/** The Node.js language host: what a program gets, and what becomes of its end. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { LanguageHost } from "../conformance/languagehost";
import { languageHosts } from "../conformance/plugins";

const LIMIT = { timeout: 120_000 };
/** Takes the place of `@pulumi/pulumi/cmd/run`: writes down how it was started and ends as it is told. */
const RUNNER = `
const { writeFileSync } = require("node:fs");
const names = Object.keys(process.env).filter((name) => name.startsWith("PULUMI_"));
const env = Object.fromEntries(names.map((name) => [name, process.env[name]]));
writeFileSync(process.env.TEST_REPORT, JSON.stringify({ argv: process.argv.slice(2), execArgv: process.execArgv, env, cwd: process.cwd(), preloaded: global.preloaded }));
console.log("to stdout");
console.error("to stderr");
process.exit(Number(process.env.TEST_EXIT));
`;

interface Report {
  argv: string[];
  execArgv: string[];
  env: Record<string, string>;
  cwd: string;
  preloaded?: boolean;
}

for (const { title, executable } of languageHosts()) {
  describe(title, LIMIT, () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "kubeadm-ha-language-")));
    const report = join(folder, "report.json");
    const hosts: LanguageHost[] = [];
    before(() => {
      const runner = join(folder, "node_modules", "@pulumi", "pulumi", "cmd", "run");
      mkdirSync(runner, { recursive: true });
      writeFileSync(join(runner, "index.js"), RUNNER);
      writeFileSync(join(folder, "preload.js"), "global.preloaded = true;");
      const packages: Record<string, object> = {
        "@pulumi/pulumi": { name: "@pulumi/pulumi", version: "3.248.0" },
        "@pulumi/tls": {
          name: "@pulumi/tls",
          version: "5.6.1",
          pulumi: { resource: true, name: "tls", version: "5.6.1" },
        },
        "@pulumi/plain": { name: "@pulumi/plain", version: "1.0.0", pulumi: { resource: true } },
        other: { name: "other", version: "1.0.0", pulumi: { resource: false } },
        "other/node_modules/@pulumi/nested": { name: "@pulumi/nested", version: "v2.0.0", pulumi: { resource: true } },
      };
      for (const [name, content] of Object.entries(packages)) {
        mkdirSync(join(folder, "node_modules", name), { recursive: true });
        writeFileSync(join(folder, "node_modules", name, "package.json"), JSON.stringify(content));
      }
    });
    after(async () => {
      for (const host of hosts) await host.stop();
      rmSync(folder, { recursive: true });
    });

    const start = async (exit = 0): Promise<LanguageHost> => {
      const host = await LanguageHost.start(await executable(), folder, {
        TEST_REPORT: report,
        TEST_EXIT: String(exit),
      });
      hosts.push(host);
      return host;
    };
    const seen = (): Report => JSON.parse(readFileSync(report, "utf8")) as Report;

    test("a program gets its arguments in the official order", async () => {
      const host = await start();
      assert.deepEqual(await host.run({ folder, entryPoint: "index.ts", dryRun: true }), { error: "", bail: false });
      const argv = seen().argv.map((value, i, all) => (all[i - 1] === "--monitor" ? "MONITOR" : value));
      const sync = argv.indexOf("--sync");
      if (sync >= 0) argv.splice(sync, 2);
      assert.deepEqual(argv, [
        ...[
          "--monitor",
          "MONITOR",
          "--engine",
          host.address,
          "--organization",
          "organization",
          "--project",
          "kubeadm-ha",
        ],
        ...["--root-directory", folder, "--stack", "dev", "--pwd", folder, "--dry-run", "--parallel", "8", "index.ts"],
      ]);
    });

    test("configuration and the names of its secrets come in the environment", async () => {
      const host = await start();
      await host.run({ folder, config: { "kubeadm-ha:a": "1", "aws:config:b": "2" }, secretKeys: ["kubeadm-ha:a"] });
      const { env } = seen();
      assert.deepEqual(JSON.parse(env["PULUMI_CONFIG"]!), { "kubeadm-ha:config:a": "1", "aws:config:b": "2" });
      assert.equal(env["PULUMI_CONFIG_SECRET_KEYS"], '["kubeadm-ha:a"]');
    });

    test("typescript is on by default, and off when the options say so", async () => {
      const host = await start();
      await host.run({ folder, options: { tsconfig: "other.json" } });
      assert.equal(seen().env["PULUMI_NODEJS_TYPESCRIPT"], "true");
      assert.equal(seen().env["PULUMI_NODEJS_TSCONFIG_PATH"], "other.json");
      await host.run({ folder, options: { typescript: false } });
      assert.equal(seen().env["PULUMI_NODEJS_TYPESCRIPT"], undefined);
    });

    test("nodeargs are node's own, resolved from the engine's folder", async () => {
      const host = await start();
      await host.run({ folder, options: { nodeargs: "--require ./preload.js --stack-size='900'" } });
      assert.equal(seen().preloaded, true);
      assert.ok(seen().execArgv.includes("--stack-size=900"));
      assert.equal(seen().cwd, folder);
    });

    test("a wrong option is the run's error", async () => {
      const host = await start();
      assert.deepEqual(await host.run({ folder, options: { typescript: "no" } }), {
        error: "typescript option must be a boolean",
        bail: false,
      });
    });

    test("what the program prints is passed on", async () => {
      const host = await start();
      await host.run({ folder });
      for (let i = 0; i < 100 && !/to stdout[^]*to stderr|to stderr[^]*to stdout/.test(host.output); i++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.match(host.output, /to stdout/);
      assert.match(host.output, /to stderr/);
    });

    test("exit code 32 is an error that has been shown, any other one is named", async () => {
      assert.deepEqual(await (await start(32)).run({ folder }), { error: "", bail: true });
      assert.deepEqual(await (await start(7)).run({ folder }), {
        error: "Program exited with non-zero exit code: 7",
        bail: false,
      });
    });

    test("a project without the SDK says what to do", async () => {
      const empty = mkdtempSync(join(tmpdir(), "kubeadm-ha-empty-"));
      const { error } = await (await start()).run({ folder: empty });
      rmSync(empty, { recursive: true });
      assert.match(error, /It looks like the Pulumi SDK has not been installed. Have you run pulumi install\?/);
    });

    test("plugins are found by their packages, nested ones too", async () => {
      const packages = await (await start()).requiredPackages({ folder });
      assert.deepEqual(packages, ["resource nested v2.0.0", "resource plain v1.0.0", "resource tls v5.6.1"]);
    });

    test("it goes with the CLI", async () => {
      assert.match(await (await start()).version(), /^v?3\.259\.0$/);
    });
  });
}
