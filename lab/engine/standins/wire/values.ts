/**
 * Property values as they travel between the engine and a provider: JSON plus secrets, unknowns, output values,
 * assets and resource references, each marked by a signature in an object.
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
/** A value that is not known yet, as the wire spells it. */
export const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** An asset, an archive or a resource reference: passed through untouched. */
export class Opaque {
  constructor(readonly fields: Record<string, unknown>) {}
}

/** A value that is secret, unknown, or both. A marked value never holds another marked value directly. */
export class Marked {
  constructor(
    /** Without meaning while `known` is false. */
    readonly value: Plain,
    readonly secret: boolean,
    readonly known: boolean,
  ) {}
}

export type Plain = null | boolean | number | string | Value[] | Props | Opaque;
export type Value = Plain | Marked;
/** An object of property values. */
export interface Props {
  [key: string]: Value;
}

export const UNKNOWN = new Marked(null, false, false);

export function isProps(value: Value | undefined): value is Props {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Marked) &&
    !(value instanceof Opaque)
  );
}

/** Marks a value, merging with marks it already has. */
export function mark(value: Value, how: { secret?: boolean; unknown?: boolean }): Value {
  const inner = value instanceof Marked ? value : new Marked(value, false, true);
  const secret = inner.secret || how.secret === true;
  const known = inner.known && how.unknown !== true;
  return !secret && known ? inner.value : new Marked(known ? inner.value : null, secret, known);
}

export const secret = (value: Value): Value => mark(value, { secret: true });
export const unknown = (value: Value): Value => mark(value, { unknown: true });
export const isSecret = (value: Value | undefined): boolean => value instanceof Marked && value.secret;
export const isUnknown = (value: Value | undefined): boolean => value instanceof Marked && !value.known;

/** The value without its own mark; marks deeper inside stay. `undefined` when it is unknown. */
export function unmark(value: Value | undefined): Plain | undefined {
  if (!(value instanceof Marked)) return value;
  return value.known ? value.value : undefined;
}

/** The value as plain JSON, without any marks; unknown parts become `undefined`. */
export function plain(value: Value | undefined): unknown {
  const bare = unmark(value);
  if (Array.isArray(bare)) return bare.map(plain);
  if (isProps(bare)) return Object.fromEntries(Object.entries(bare).map(([key, item]) => [key, plain(item)]));
  return bare;
}

/** Does the predicate hold for the value or for anything inside it? */
export function some(value: Value | undefined, test: (value: Value) => boolean): boolean {
  if (value === undefined) return false;
  if (test(value)) return true;
  const bare = unmark(value);
  if (Array.isArray(bare)) return bare.some((item) => some(item, test));
  return isProps(bare) && Object.values(bare).some((item) => some(item, test));
}

export const hasUnknowns = (value: Value | undefined): boolean => some(value, isUnknown);
export const hasSecrets = (value: Value | undefined): boolean => some(value, isSecret);

/** Equal in value and in marks. */
export function equal(a: Value, b: Value): boolean {
  if (a instanceof Marked || b instanceof Marked) {
    if (!(a instanceof Marked && b instanceof Marked)) return false;
    return a.secret === b.secret && a.known === b.known && equal(a.value, b.value);
  }
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]!));
  if (a instanceof Opaque) return b instanceof Opaque && JSON.stringify(a.fields) === JSON.stringify(b.fields);
  if (isProps(a)) {
    if (!isProps(b)) return false;
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every((key) => equal(a[key] ?? null, b[key] ?? null));
  }
  return a === b;
}

function isObject(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/** From the wire's JSON. */
export function decode(raw: unknown): Value {
  if (raw === UNKNOWN_TEXT) return UNKNOWN;
  if (Array.isArray(raw)) return raw.map(decode);
  if (!isObject(raw)) return (raw ?? null) as Value;
  switch (raw[SIGNATURE]) {
    case undefined:
      return decodeProps(raw);
    case SECRET_SIGNATURE:
      return secret(decode(raw["value"]));
    case OUTPUT_SIGNATURE:
      return mark(decode(raw["value"]), {
        secret: raw["secret"] === true,
        unknown: !("value" in raw),
      });
    default:
      return new Opaque(raw);
  }
}

export function decodeProps(raw: Record<string, unknown>): Props {
  const props: Props = {};
  for (const [key, value] of Object.entries(raw)) props[key] = decode(value);
  return props;
}

/** To the wire's JSON. */
export function encode(value: Value): unknown {
  if (value instanceof Marked) {
    if (!value.known) return value.secret ? { [SIGNATURE]: OUTPUT_SIGNATURE, secret: true } : UNKNOWN_TEXT;
    return { [SIGNATURE]: SECRET_SIGNATURE, value: encode(value.value) };
  }
  if (value instanceof Opaque) return value.fields;
  if (Array.isArray(value)) return value.map(encode);
  return isProps(value) ? encodeProps(value) : value;
}

export function encodeProps(props: Props): Record<string, unknown> {
  const raw: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(props)) raw[key] = encode(value);
  return raw;
}
