/**
 * Writes what is generated: docs/configuration.md and docs/checks.md for people, config.schema.json for editors.
 * `node --import tsx components/spec/reference.ts --write|--check`
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as prettier from "prettier";
import { checksPage } from "./checklist";
import { configNode, type SchemaNode } from "./describe";
import { code, tableOf } from "./markdown";
import { minors } from "./versions";

const repository = join(__dirname, "..", "..");
const NAMESPACE = "kubeadm-ha";

export interface Generated {
  path: string;
  content: string;
}

/** The generated files as they should be. */
export async function generated(): Promise<Generated[]> {
  const markdown = await prettier.format(referencePage(), { parser: "markdown", printWidth: 120 });
  const checklist = await prettier.format(checksPage(), { parser: "markdown", printWidth: 120 });
  const json = await prettier.format(JSON.stringify(stackSchema()), { parser: "json", printWidth: 120 });
  return [
    { path: join(repository, "docs", "configuration.md"), content: markdown },
    { path: join(repository, "docs", "checks.md"), content: checklist },
    { path: join(__dirname, "config.schema.json"), content: json },
  ];
}

/** JSON Schema of a stack file: what an editor needs to complete and check `Pulumi.<stack>.yaml`. */
export function stackSchema(): object {
  const { properties = {}, required = [] } = configNode();
  const qualified = (key: string) => `${NAMESPACE}:${key}`;
  const entries = Object.entries(properties).map(([key, node]) => [qualified(key), withSecrets(node)]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Stack configuration of kubeadm-ha",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(entries),
        required: required.map(qualified),
        // Other namespaces (pulumi:, kubernetes:) are none of our business; unknown keys of ours are.
        propertyNames: {
          anyOf: [{ enum: entries.map(([key]) => key) }, { not: { pattern: `^${NAMESPACE}:` } }],
        },
      },
    },
  };
}

// In the file a secret stands encrypted, as { secure: … }.
function withSecrets(node: SchemaNode): object {
  if (node.writeOnly) {
    const secure = { type: "object", properties: { secure: { type: "string" } }, required: ["secure"] };
    return { description: node.description, anyOf: [{ type: node.type }, secure] };
  }
  if (node.properties === undefined) return node;
  const entries = Object.entries(node.properties).map(([name, child]) => [name, withSecrets(child)]);
  return { ...node, properties: Object.fromEntries(entries) };
}

function referencePage(): string {
  const { properties = {}, required = [] } = configNode();
  const names = Object.keys(properties);
  const plain = names.filter((name) => !hasTable(properties[name]));
  const sections = names.filter((name) => hasTable(properties[name]));
  return [
    "<!-- Written by components/spec/reference.ts from the schema; change descriptions there. -->",
    "# Configuration",
    `Every key of the \`${NAMESPACE}:\` namespace in \`Pulumi.<stack>.yaml\`. Unknown keys, wrong types and values that cannot work are refused by \`pulumi preview\`, all in one message, before any host is touched. \`Pulumi.prod.yaml\` is a worked example. Editors check and complete a stack file that begins with \`# yaml-language-server: $schema=components/spec/config.schema.json\`.`,
    "## Single keys",
    table(Object.fromEntries(plain.map((name) => [name, properties[name] ?? {}])), required),
    ...sections.flatMap((name) => section(name, properties[name] ?? {}, required.includes(name))),
    ...versionsPart(),
  ].join("\n\n");
}

function hasTable(node: SchemaNode | undefined): boolean {
  return (node?.items ?? node)?.properties !== undefined;
}

function section(path: string, node: SchemaNode, isRequired: boolean): string[] {
  const inner = node.items ?? node;
  const heading = node.items === undefined ? path : `${path}[]`;
  const children = Object.entries(inner.properties ?? {});
  const nested = children.filter(([, child]) => hasTable(child));
  return [
    `## ${heading}`,
    `${node.description ?? ""}${isRequired ? " Required." : ""}`,
    table(inner.properties ?? {}, inner.required ?? []),
    ...nested.flatMap(([name, child]) => section(`${heading}.${name}`, child, inner.required?.includes(name) ?? false)),
  ];
}

function table(properties: Record<string, SchemaNode>, required: string[]): string {
  const rows = Object.entries(properties).map(([name, node]) => [
    code(name),
    typeOf(node),
    defaultOf(node, required.includes(name)),
    exampleOf(node),
    node.description ?? "",
  ]);
  return tableOf(["Key", "Type", "Default", "Example", "Meaning"], rows);
}

function typeOf(node: SchemaNode): string {
  if (node.writeOnly) return "text, secret";
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(", or ");
  if (node.enum !== undefined) return node.enum.map((value) => code(String(value))).join(", ");
  if (node.items !== undefined) return node.items.properties === undefined ? `list of ${typeOf(node.items)}` : "list";
  if (node.type === "integer") return `number, ${node.minimum}–${node.maximum}`;
  if (node.type === "boolean") return "true or false";
  if (node.type === "object") return "mapping";
  return "text";
}

function defaultOf(node: SchemaNode, isRequired: boolean): string {
  if (isRequired) return "required";
  const isEmpty = node.default === undefined || ["{}", "[]", '""'].includes(JSON.stringify(node.default));
  return isEmpty ? "–" : code(literal(node.default));
}

function exampleOf(node: SchemaNode): string {
  const example = node.examples?.[0] ?? (node.type === "boolean" ? true : undefined);
  return example === undefined ? "–" : code(literal(example));
}

function literal(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function versionsPart(): string[] {
  const header = ["Kubernetes", "Tested", "etcd", "Recommended etcd", "containerd", "pause", "CoreDNS"];
  const rows = minors.map((minor) => [
    minor.minor,
    minor.tested,
    `3.5.32 and later 3.5, 3.6 (below ${minor.etcdBelow})`,
    minor.etcdRecommended,
    `${minor.containerdMinimum} and later, below ${minor.containerdBelow}`,
    minor.pause,
    minor.coredns,
  ]);
  return [
    "## Versions",
    "Any patch release of these minors is accepted; the tested ones are built and drilled in the lab.",
    tableOf(header, rows),
    "kubeadm accepts etcd from 3.5.24 on. The program asks for 3.5.32, for etcd's guide allows the way on to 3.6 only from there: older members may come back as zombies or lose their vote.",
  ];
}

async function main(option: string | undefined): Promise<number> {
  const files = await generated();
  if (option === "--write") {
    for (const { path, content } of files) writeFileSync(path, content);
    return 0;
  }
  if (option !== "--check") {
    console.error("usage: node --import tsx components/spec/reference.ts --write|--check");
    return 2;
  }
  const stale = files.filter(({ path, content }) => readFileSync(path, "utf8") !== content);
  for (const { path } of stale) {
    console.error(
      `${relative(repository, path)} is out of date. Run node --import tsx components/spec/reference.ts --write.`,
    );
  }
  return stale.length > 0 ? 1 : 0;
}

if (require.main === module) void main(process.argv[2]).then((code) => (process.exitCode = code));
