/** What zod found wrong with the shape of the configuration, in an operator's words. */
import type { z } from "zod";
import { keyPaths, nodeAt, type SchemaNode } from "./describe";
import { HIDDEN, keyPath, show, type Problem } from "./problem";
import { nearest } from "./suggest";

type Issue = z.core.$ZodIssue;

/** One issue as problems: an issue about unknown keys becomes a problem for each. */
export function problemsOf(issue: Issue, raw: unknown): Problem[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((name) => unknownKey(issue.path, name));
  const value = valueAt(raw, issue.path);
  const key = keyPath(issue.path);
  const words = wordsFor(issue, value);
  return [{ key, value: issue.code === "invalid_key" ? "" : shown(issue, value), ...words }];
}

// Text where a number or boolean belongs is shown with its quotes: they are what is wrong.
function shown(issue: Issue, value: unknown): string {
  if (value !== undefined && nodeAt(issue.path)?.writeOnly) return HIDDEN;
  const isText = issue.code === "invalid_type" && typeof value === "string";
  return isText && show(value) === value ? JSON.stringify(value) : show(value);
}

/** An unknown key; its value is never shown, for it may be a misspelt secret. */
export function unknownKey(path: readonly PropertyKey[], name: string): Problem {
  return {
    key: keyPath([...path, name]),
    value: "",
    reason: "is not a key of this program",
    fix: suggestion(path, name),
  };
}

function suggestion(path: readonly PropertyKey[], name: string): string {
  const siblings = Object.keys(nodeAt(path)?.properties ?? {});
  const near = nearest(name, siblings);
  if (near !== undefined) return `Did you mean ${keyPath([...path, near])}?`;
  const elsewhere = keyPaths().find((known) => known.split(".").at(-1) === name);
  if (elsewhere !== undefined) return `Did you mean ${elsewhere}?`;
  return `Remove it, or use one of ${siblings.join(", ")}`;
}

type Words = Pick<Problem, "reason" | "fix">;

function wordsFor(issue: Exclude<Issue, z.core.$ZodIssueUnrecognizedKeys>, value: unknown): Words {
  const node = nodeAt(issue.path);
  switch (issue.code) {
    case "invalid_type":
      return wrongType(issue.expected, value, issue.path);
    case "too_small":
    case "too_big":
      if (node?.type === "array") return { reason: "is an empty list", fix: `Add at least ${node.minItems ?? 1}` };
      return { reason: "is out of bounds", fix: bounds(node) };
    case "invalid_value":
      return oneOf(issue.values.map(String), value);
    case "invalid_format":
      return { reason: issue.message, fix: likeThis(issue.path, value) };
    case "invalid_key":
      return { reason: issue.issues[0]?.message ?? "is not a valid name", fix: renameFix(issue.path) };
    case "custom":
      return { reason: issue.message, fix: String(issue.params?.fix ?? likeThis(issue.path, value)) };
    default:
      return { reason: issue.message, fix: likeThis(issue.path, value) };
  }
}

function bounds(node: SchemaNode | undefined): string {
  const { minimum, maximum } = node?.anyOf?.find((choice) => choice.type === "integer") ?? node ?? {};
  return `Set a whole number from ${minimum} to ${maximum}`;
}

function wrongType(expected: string, value: unknown, path: readonly PropertyKey[]): Words {
  if (value === undefined) return { reason: "is missing", fix: `Add it${example(path)}` };
  if (value === null) return { reason: "is empty", fix: "Give it a value or remove the key" };
  const isVersion = /Version$|Tag$/.test(String(path.at(-1)));
  if (expected === "string" && typeof value === "number" && isVersion) {
    return {
      reason: "is a number, and YAML reads 1.30 as 1.3",
      fix: `Write the whole version in quotes${example(path)}`,
    };
  }
  if (expected === "string" && (typeof value === "number" || typeof value === "boolean")) {
    return { reason: `is a ${typeof value}, not text`, fix: `Put it in quotes: "${value}"` };
  }
  if (expected === "boolean" && typeof value === "string" && /^(true|false)$/i.test(value)) {
    return { reason: "is text, not true or false", fix: `Write ${value.toLowerCase()} without quotes` };
  }
  if (/^(number|int)$/.test(expected) && typeof value === "string" && /^-?\d+$/.test(value)) {
    return { reason: "is text, not a number", fix: `Write ${value} without quotes` };
  }
  return { reason: `is ${kindOf(value)}, not ${kinds[expected] ?? expected}`, fix: `Write it${example(path)}` };
}

const kinds: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isInteger(value) ? "a number" : "a fraction";
  return kinds[typeof value] ?? typeof value;
}

function oneOf(values: string[], value: unknown): Words {
  const near = typeof value === "string" ? nearest(value, values) : undefined;
  const fix =
    near === undefined ? `Use one of ${values.join(", ")}` : `Did you mean ${near}? Use one of ${values.join(", ")}`;
  if (value === undefined) return { reason: "is missing", fix: `Use one of ${values.join(", ")}` };
  return { reason: "is not one of the choices", fix };
}

function likeThis(path: readonly PropertyKey[], value: unknown): string {
  if (/^kubernetesVersion$/.test(keyPath(path)) && /^\d/.test(String(value))) {
    return `Write the whole version with its v and patch release${example(path)}`;
  }
  return `Write it${example(path)}`;
}

function renameFix(path: readonly PropertyKey[]): string {
  const known = nodeAt(path.slice(0, -1))?.propertyNames?.examples?.[0];
  return known === undefined ? "Rename it" : `Rename it, like ${String(known)}`;
}

// ` like "v1.35.4"`, or a reference where the schema has no example of its own.
function example(path: readonly PropertyKey[]): string {
  const node = nodeAt(path);
  const known = node?.examples?.[0] ?? node?.default;
  if (known === undefined || JSON.stringify(known) === "{}") return " as docs/configuration.md shows";
  return ` like ${typeof known === "string" ? known : JSON.stringify(known)}`;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    return (value as Record<PropertyKey, unknown>)[part];
  }, raw);
}
