/** The schema as JSON Schema: what messages, the reference page and editors take names, examples and bounds from. */
import { z } from "zod";
import { configSchema } from "./schema";

/** The part of JSON Schema that the configuration uses. */
export interface SchemaNode {
  type?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minItems?: number;
  pattern?: string;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  additionalProperties?: SchemaNode | boolean;
  propertyNames?: SchemaNode;
  /** A secret: never shown. */
  writeOnly?: boolean;
}

let cached: SchemaNode | undefined;

/** JSON Schema of the whole configuration, without the namespace. */
export function configNode(): SchemaNode {
  cached ??= z.toJSONSchema(configSchema, { io: "input" }) as SchemaNode;
  return cached;
}

/** The node that describes the value at a path; undefined where the schema knows no such place. */
export function nodeAt(path: readonly PropertyKey[]): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>((node, part) => {
    if (typeof part === "number") return node?.items;
    const named = node?.properties?.[String(part)];
    if (named !== undefined) return named;
    return typeof node?.additionalProperties === "object" ? node.additionalProperties : undefined;
  }, configNode());
}

/** Path of every key, `api.vip`; list items are left out of the path. */
export function keyPaths(node: SchemaNode = configNode(), prefix = ""): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    return [path, ...keyPaths(child.items ?? child, path)];
  });
}
