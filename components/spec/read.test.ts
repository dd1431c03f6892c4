import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { configWith, testHostKey, testPrivateKey, type RawConfig } from "./fixture";
import { readSpec } from "./read";

let folder = "";

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubeadm-ha-spec-"));
  const mocks = {
    newResource: (args: pulumi.runtime.MockResourceArgs) => ({ id: args.name, state: args.inputs as object }),
    call: (args: pulumi.runtime.MockCallArgs) => args.inputs as object,
  };
  await pulumi.runtime.setMocks(mocks, "kubeadm-ha", "dev");
});

after(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  process.env["SSH_AUTH_SOCK"] = "/nowhere";
});

/** Sets the configuration as the engine hands it over: text, JSON for what is not text. */
function setConfig(raw: RawConfig, secretKeys: string[] = []): void {
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(secretKeys);
  const entries = Object.entries(raw).map(([key, value]) => [
    `kubeadm-ha:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries([...entries, ["other:key", "ignored"]]));
}

function refusal(): string {
  try {
    readSpec();
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: "the configuration was accepted" });
}

const valueOf = (output: pulumi.Output<string>) => new Promise<string>((resolve) => output.apply(resolve));

test("the configuration of the stack becomes a spec", () => {
  setConfig(configWith({ allowNonHa: true }));
  const spec = readSpec();
  assert.equal(spec.name, "dev");
  assert.equal(spec.allowNonHa, true);
  assert.equal(spec.api.port, 8443);
  assert.equal(spec.ssh.privateKey, undefined);
});

test("checks to skip come as a list or as one text", () => {
  setConfig(configWith({ skipChecks: "swap-off,vip-subnet", observe: false }));
  assert.deepEqual(readSpec().skipChecks, ["swap-off", "vip-subnet"]);
  assert.equal(readSpec().observe, false);
  setConfig(configWith({ skipChecks: ["swap-off"] }));
  assert.deepEqual(readSpec().skipChecks, ["swap-off"]);
  assert.equal(readSpec().observe, true);
});

test("files are read, and the private key is a secret", async () => {
  const [key, known] = [join(folder, "id"), join(folder, "known_hosts")];
  writeFileSync(key, testPrivateKey);
  writeFileSync(known, `192.0.2.11 ${testHostKey("cp1")}\n`);
  setConfig(configWith({ ssh: { privateKeyFile: key, knownHosts: known } }));
  const { privateKey } = readSpec().ssh;
  assert.ok(privateKey);
  assert.equal(await pulumi.isSecret(privateKey), true);
  assert.equal(await valueOf(privateKey), testPrivateKey);
});

test("everything wrong comes in one message, without a stack trace", () => {
  setConfig({ ...configWith({ kubernetesVersion: "1.3", allowNonHa: "maybe" }), hots: "[]" });
  const message = refusal();
  assert.match(message, /^3 problems, nothing was changed\n/);
  assert.match(message, /\n {2}hots: is not a key of this program\. Did you mean hosts\?/);
  assert.match(message, /\n {2}kubernetesVersion 1\.3: is not an exact version/);
  assert.match(message, /\n {2}allowNonHa "maybe": is text, not true or false/);
});

test("a refusal has nothing that Pulumi would take for a colour", () => {
  setConfig(configWith({ kubernetesVersion: "<{%fg 99%}>", "<{%": "1" }));
  assert.doesNotMatch(refusal(), /<\{%|%\}>/);
});

test("a missing file is told with its path", () => {
  setConfig(configWith({ ssh: { privateKeyFile: join(folder, "missing") } }));
  assert.match(refusal(), /ssh\.privateKeyFile .*missing: cannot be read: no such file\. Create the key/);
  setConfig(configWith({ ssh: { privateKeyFile: folder } }));
  assert.match(refusal(), /cannot be read: it is a directory/);
});

test("no value of a section that holds a secret is shown", () => {
  const raw = configWith({ ssh: { privateKey: testPrivateKey, user: "Secret_User" } });
  setConfig(raw, ["kubeadm-ha:ssh"]);
  assert.match(refusal(), /ssh\.user \(hidden\): is not a Linux user name/);
  setConfig(raw);
  assert.match(refusal(), /ssh\.user Secret_User: is not a Linux user name/);
});
