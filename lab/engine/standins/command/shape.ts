/** Checks inputs against a shape: types, unknown names, defaults, secrets. */
import type { CheckFailure } from "../wire/provider";
import { isProps, isUnknown, mark, Marked, secret, unmark, type Plain, type Props, type Value } from "../wire/values";

export interface Field {
  type: "string" | "number" | "boolean" | "array" | "map" | "object";
  required?: boolean;
  secret?: boolean;
  default?: Plain;
  fields?: Shape;
}

export type Shape = Record<string, Field>;

const article = (type: Field["type"]): string => (type === "map" ? "object" : type);

function typeOf(value: Plain): string {
  if (Array.isArray(value)) return "array";
  return isProps(value) ? "object" : typeof value;
}

const ZEROS = { string: "", number: 0, boolean: false, array: [], map: {}, object: {} };

/** What the official provider makes of a value that is both secret and unknown: it forgets that it is unknown. */
function zero(field: Field): Value {
  const empty = ZEROS[field.type] as Plain;
  if (!field.fields) return empty;
  const required = Object.entries(field.fields).filter(([, inner]) => inner.required || inner.default !== undefined);
  return Object.fromEntries(required.map(([key, inner]) => [key, inner.default ?? zero(inner)]));
}

function checkField(path: string, field: Field, value: Value, failures: CheckFailure[]): Value {
  const marked = value instanceof Marked ? value : undefined;
  if (marked?.secret && !marked.known) return secret(zero(field));
  let result: Value = value;
  const inner = unmark(value);
  if (inner !== undefined) {
    if (typeOf(inner) !== article(field.type)) {
      failures.push({
        property: path,
        reason: `Field '${path}' must be a \`${field.type}\`; got \`${typeOf(inner)}\` instead`,
      });
    } else if (field.fields && isProps(inner)) {
      result = mark(checkShape(field.fields, inner, failures, `${path}.`), { secret: marked?.secret === true });
    }
  }
  return field.secret ? secret(result) : result;
}

/** The inputs with defaults and secret marks; what is wrong goes to `failures`. */
export function checkShape(shape: Shape, props: Props, failures: CheckFailure[], prefix = ""): Props {
  const checked: Props = {};
  for (const [key, value] of Object.entries(props)) {
    const field = shape[key];
    if (field) {
      if (value !== null || field.required) checked[key] = checkField(prefix + key, field, value, failures);
    } else if (!key.startsWith("__")) {
      failures.push({
        property: prefix + key,
        reason: `Unrecognized field '${key}' in '${prefix.replace(/\.$/, "")}'`,
      });
    }
  }
  for (const [key, field] of Object.entries(shape)) {
    if (checked[key] !== undefined || isUnknown(props[key])) continue;
    if (field.default !== undefined) checked[key] = field.default;
    else if (field.required) failures.push({ property: prefix + key, reason: `Missing required field '${key}'` });
  }
  return checked;
}
