import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { everyCheck } from "./checks";
import { configNode, keyPaths, type SchemaNode } from "./describe";
import { generated, stackSchema } from "./reference";

test("what is generated from the schema is up to date", async () => {
  for (const { path, content } of await generated()) {
    const message = `${basename(path)} is out of date: run node --import tsx components/spec/reference.ts --write`;
    assert.equal(readFileSync(path, "utf8"), content, message);
  }
});

test("every key of the schema is described, and named on the page", async () => {
  const page = (await generated())[0]?.content ?? "";
  for (const path of keyPaths()) {
    const name = path.split(".").at(-1) ?? "";
    assert.ok(page.includes(`\`${name}\``) || page.includes(`## ${name}`), path);
  }
  const undescribed: string[] = [];
  const walk = (node: SchemaNode, path: string) => {
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      if (!child.description) undescribed.push(`${path}.${name}`);
      walk(child.items ?? child, `${path}.${name}`);
    }
  };
  walk(configNode(), "");
  assert.deepEqual(undescribed, []);
});

test("every check has its line on the page of checks", async () => {
  const page = (await generated()).find(({ path }) => basename(path) === "checks.md")?.content ?? "";
  for (const { id, name } of everyCheck()) {
    const line = page.split("\n").find((each) => each.startsWith(`| \`${id}\` `));
    assert.ok(line?.includes(name), id);
  }
});

test("an editor is told of unknown keys of the namespace, and of no others", () => {
  const { properties } = stackSchema() as {
    properties: { config: { propertyNames: { anyOf: [{ enum: string[] }, { not: { pattern: string } }] } } };
  };
  const [known, others] = properties.config.propertyNames.anyOf;
  const allowed = (key: string) => known.enum.includes(key) || !new RegExp(others.not.pattern).test(key);
  assert.equal(allowed("kubeadm-ha:hosts"), true);
  assert.equal(allowed("kubeadm-ha:hots"), false);
  assert.equal(allowed("pulumi:tags"), true);
});

test("a secret may stand in the file encrypted", () => {
  assert.match(
    JSON.stringify(stackSchema()),
    /"privateKey":\{[^}]*"anyOf":\[\{"type":"string"\},\{"type":"object","properties":\{"secure"/,
  );
});
