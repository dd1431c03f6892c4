import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { fakeFiles, testArchiveKey, testHostKey, testPrivateKey, type RawConfig } from "./fixture";
import { parseSpec } from "./parse";
import { formatProblem } from "./problem";
import { configSchema } from "./schema";
import { controlPlanes, etcdMembers, workers } from "./topology";

function stackConfig(stack: string): RawConfig {
  const text = readFileSync(join(__dirname, "..", "..", `Pulumi.${stack}.yaml`), "utf8");
  const { config } = parse(text) as { config: RawConfig };
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace("kubeadm-ha:", ""), value]));
}

function accepted(stack: string, files: Record<string, string>) {
  const result = parseSpec(stackConfig(stack), fakeFiles(files), stack);
  assert.deepEqual("problems" in result ? result.problems.map(formatProblem) : [], []);
  assert.ok("spec" in result);
  assert.deepEqual(result.warnings.map(formatProblem), []);
  return result.spec;
}

test("the dev stack is accepted with the lab's files", () => {
  const hosts = stackConfig("dev")["hosts"] as { name: string; ip: string }[];
  const spec = accepted("dev", {
    ".lab/dev/ssh/id_ed25519": testPrivateKey,
    ".lab/dev/ssh/known_hosts": hosts.map(({ name, ip }) => `${ip} ${testHostKey(name)}`).join("\n"),
    ".lab/dev/mirror/archive-key.asc": testArchiveKey,
    ".lab/dev/mirror/etcd-sha256.json": JSON.stringify({ "3.6.16-amd64": "a".repeat(64) }),
  });
  assert.equal(spec.name, "dev");
  assert.deepEqual(
    [controlPlanes(spec), etcdMembers(spec), workers(spec)].map(({ length }) => length),
    [3, 3, 2],
  );
});

test("the worked example of real hosts is accepted with the release's checksums", () => {
  const sums = `${"a".repeat(64)}  etcd-v3.6.16-linux-amd64.tar.gz\n`;
  const spec = accepted("prod", { "etcd-v3.6.16-SHA256SUMS": sums });
  assert.equal(spec.name, "prod");
  assert.deepEqual(
    [controlPlanes(spec), etcdMembers(spec), workers(spec)].map(({ length }) => length),
    [3, 3, 3],
  );
});

test("the stack files name no key that the schema does not know", () => {
  for (const stack of ["dev", "prod"]) {
    for (const key of Object.keys(stackConfig(stack))) assert.ok(Object.hasOwn(configSchema.shape, key), key);
  }
});
