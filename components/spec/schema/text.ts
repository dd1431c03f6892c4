/** Building blocks of the schema: text with a pattern, whole numbers with bounds, free trees of plain values. */
import { z } from "zod";
import { patterns } from "./patterns";

/** Text that matches a pattern. `what` completes "is not …"; the example shows in messages and in the reference. */
export function text(pattern: RegExp, what: string, example: string) {
  return z
    .string()
    .regex(pattern, { error: `is not ${what}` })
    .meta({ examples: [example] });
}

/** A whole number within bounds, both included. */
export function whole(least: number, most: number, example: number) {
  return z
    .int()
    .min(least)
    .max(most)
    .meta({ examples: [example] });
}

/** Flags of a component: names without dashes; values as text, or what YAML made of it: a number, true or false. */
export function flags(description: string, example: Record<string, string>) {
  const value = z
    .union(
      [
        text(patterns.flagValue, "a flag value of letters, digits and . _ , : = / @ % + - only", "0.001"),
        z.number(),
        z.boolean(),
      ],
      { error: "is not text, a number, true or false" },
    )
    .meta({ examples: ["0.001"] });
  return z
    .record(text(patterns.flagName, "a flag name without leading dashes", "goaway-chance"), value)
    .superRefine((given, context) => {
      for (const [flag, each] of Object.entries(given)) {
        if (typeof each !== "number" || isAsWritten(flag, each)) continue;
        const params = { fix: "Write it in quotes" };
        context.addIssue({ code: "custom", path: [flag], message: "is a number that YAML may have rounded", params });
      }
    })
    .default({})
    .describe(`${description} Values are text, numbers, true or false.`)
    .meta({ examples: [example] });
}

// 1.30 has become 1.3, which matters in a version, and a long whole number has lost its last digits.
function isAsWritten(flag: string, value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : !flag.endsWith("version");
}

/** Fields of a component's own configuration: any depth, plain values only. */
export function fields(description: string, example: Record<string, unknown>) {
  return plainTree()
    .default({})
    .describe(description)
    .meta({ examples: [example] });
}

/** A mapping of plain values: text of safe characters, finite numbers, booleans, lists and mappings of the same. */
export function plainTree() {
  return z.record(z.string(), z.unknown()).superRefine((tree, context) => {
    for (const fault of faultsIn(tree, [])) {
      context.addIssue({ code: "custom", path: fault.path, message: fault.reason, params: { fix: fault.fix } });
    }
  });
}

interface Fault {
  path: PropertyKey[];
  reason: string;
  fix: string;
}

function faultsIn(value: unknown, path: PropertyKey[]): Fault[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => faultsIn(item, [...path, index]));
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([name, item]) => [
      ...nameFaults(name, path),
      ...faultsIn(item, [...path, name]),
    ]);
  }
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return [];
  if (typeof value === "string" && patterns.flagValue.test(value)) return [];
  if (typeof value === "string") {
    const reason = "has characters other than letters, digits and . _ , : = / @ % + -, or none at all";
    return [{ path, reason, fix: "Use only those characters" }];
  }
  return [{ path, reason: "is empty", fix: "Give it a value or remove the key" }];
}

function nameFaults(name: string, path: PropertyKey[]): Fault[] {
  if (patterns.fieldName.test(name)) return [];
  return [{ path: [...path, name], reason: "is not a field name", fix: "Use letters, digits and . _ / - only" }];
}
