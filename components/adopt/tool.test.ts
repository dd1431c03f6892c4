/** The whole way, but for the engine and the hosts. */
import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";

import { devConfig } from "../../test/fixtures";
import { filesOf } from "../../test/fixtures";
import { scratch, write } from "../../test/scratch";
import { keyFiles } from "../../test/keys";
import { SimulatedStack, stackUrn } from "./simulated";
import { adoptTool, parseAdoptArguments } from "./tool";

const backup = scratch();
const project = scratch();
let stack: SimulatedStack;

before(async () => {
  for (const [name, content] of await keyFiles(scratch())) write(backup, name, content, 0o600);
  for (const [name, content] of filesOf(devConfig())) write(project, name, content, 0o600);
});

beforeEach(() => {
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  const config = Object.entries(devConfig()).map(([key, value]) => [`kubeadm-ha:${key}`, text(value)]);
  stack = new SimulatedStack({ version: 3, deployment: {} }, Object.fromEntries(config) as Record<string, string>);
  Object.assign(stack, { root: project });
});

/** What the tool says, and its exit code. */
async function adopt(...args: string[]): Promise<{ code: number; said: string }> {
  let said = "";
  const [out, error] = [process.stdout.write, process.stderr.write];
  process.stdout.write = process.stderr.write = (text: string | Uint8Array) => ((said += String(text)), true);
  try {
    return { code: await adoptTool(args, stack), said };
  } finally {
    [process.stdout.write, process.stderr.write] = [out, error];
  }
}

const names = () => (stack.state.deployment?.resources ?? []).map(({ urn }) => urn.split("::").at(-1));

test("an empty state gets the keys, by standard input alone", async () => {
  const { code, said } = await adopt("--from", backup, "--stack", "prod");
  assert.equal(code, 0, said);
  assert.ok(names().includes("prod-kubernetes-cert") && names().includes("prod-service-account"));
  assert.ok(stack.calls.every(({ args }) => args.slice(-2).join(" ") === "--stack prod"));
  const seen = JSON.stringify(stack.calls.map(({ args, options }) => [args, options?.env])) + said;
  assert.doesNotMatch(seen, /PRIVATE KEY/);
});

test("a state that names no secrets provider is written once before it gets a key", async () => {
  await adopt("--from", backup);
  const imports = stack.calls.flatMap(({ options }) => (options?.input ? [options.input] : []));
  assert.equal(imports.length, 2);
  assert.doesNotMatch(imports[0]!, /PRIVATE KEY/);
  assert.deepEqual(stack.state.deployment!.secrets_providers, { type: "passphrase" });
});

test("a state that knows something is left alone, and what it knows is said", async () => {
  const resource = {
    urn: `${stackUrn.split("::").slice(0, 2).join("::")}::tls:index/privateKey:PrivateKey::prod-etcd-key`,
    custom: true,
    type: "tls:index/privateKey:PrivateKey",
  };
  stack.state = { version: 3, deployment: { resources: [resource] } };
  const { code, said } = await adopt("--from", backup);
  assert.equal(code, 1);
  assert.match(said, /holds 1 resources?, and none of them is overwritten\n.*prod-etcd-key/);
  assert.deepEqual(
    stack.calls.map(({ args }) => args.slice(0, 2).join(" ")),
    ["stack export"],
  );
});

test("when the engine would replace what was put in, the state is as before", async () => {
  const urn = "urn:pulumi:prod::kubeadm-ha::kubeadm-ha:pki:Pki$tls:index/privateKey:PrivateKey::prod-service-account";
  stack.seededPreview = [{ op: "replace", urn, replaceReasons: ["algorithm"] }];
  const { code, said } = await adopt("--from", backup);
  assert.equal(code, 1);
  assert.match(said, /replace prod-service-account \(algorithm\)/);
  assert.deepEqual(names(), ["kubeadm-ha-prod"]);
});

test("keys that do not belong together change nothing", async () => {
  const mixed = scratch();
  for (const [name, content] of await keyFiles(scratch())) write(mixed, name, content, 0o600);
  const [, key] = [...(await keyFiles(scratch()))].find(([name]) => name === "ca.key")!;
  write(mixed, "ca.key", key, 0o600);
  const { code, said } = await adopt("--from", mixed);
  assert.equal(code, 1);
  assert.match(said, /ca\.key is not the key of ca\.crt/);
  assert.ok(stack.calls.every(({ args }) => args[1] !== "import"));
});

test("--up brings everything else in step and looks again", async () => {
  assert.equal((await adopt("--up", `--from=${backup}`)).code, 0);
  const shown = stack.calls.filter(({ options }) => options?.show).map(({ args }) => args.slice(0, 2).join(" "));
  assert.deepEqual(shown, ["up --yes", "preview --expect-no-changes"]);
});

test("arguments that are not understood are refused", () => {
  assert.throws(() => parseAdoptArguments(["--form", "x"]), /--form: there is no such option/);
  assert.throws(() => parseAdoptArguments(["--from"]), /--from: its value is missing/);
});
