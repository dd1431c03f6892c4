/**
 * Resources as the Terraform bridge presents them (tls, random): everything is decided at creation, most changes
 * replace, and computed properties are unknown in the preview of a creation.
 */
import { diff } from "./diff";
import type { CheckFailure, DiffCall, DiffResult, ResourceType } from "./provider";
import { isProps, isUnknown, Marked, secret, unmark, UNKNOWN, type Props, type Value } from "./values";

/** What a bridged resource type is made of. */
export interface Bridged {
  /** Every input's name. */
  inputs: readonly string[];
  required?: readonly string[];
  /** Inputs that take a value of their own when the program gives none. */
  defaults?: Props;
  /** Completes the inputs where one follows from another. */
  derive?(inputs: Props): Props;
  /** Inputs whose change is an update in place that does nothing. All others replace. */
  updatable?: readonly string[];
  /** Properties that only exist after creation. */
  computed: readonly string[];
  /** Properties that are always secret. */
  secrets?: readonly string[];
  /** Problems in the inputs, some of which may be unknown. */
  validate?(inputs: Props): CheckFailure[];
  /** Properties that a plan shows as changed as soon as anything is. */
  unstable?: readonly string[];
  /** Is the id a property in state, too? Default true. */
  idInState?: boolean;
  /** Version of the Terraform schema, kept in state. */
  schemaVersion?: string;
  /** Must the resource be replaced whatever its inputs? Answers with the properties that say so. */
  expired?(state: Props): string[];
  /** Makes the computed properties. */
  create(inputs: Props): Promise<{ id: string; outputs: Props }> | { id: string; outputs: Props };
  /** State as it is now; default: unchanged. */
  refresh?(state: Props): Props;
}

const META = "__defaults";

function declared(type: Bridged, props: Props): Props {
  return Object.fromEntries(Object.entries(props).filter(([key]) => type.inputs.includes(key)));
}

/** Inputs with defaults and without what the engine or the bridge adds; nulls count as absent. */
function planned(type: Bridged, inputs: Props): Props {
  const result: Props = { ...type.defaults };
  for (const [key, value] of Object.entries(declared(type, inputs))) {
    if (value !== null) result[key] = stripMeta(value);
  }
  return type.derive?.(result) ?? result;
}

function stripMeta(value: Value): Value {
  if (value instanceof Marked)
    return value.known ? new Marked(stripMeta(value.value) as never, value.secret, true) : value;
  if (Array.isArray(value)) return value.map(stripMeta);
  if (!isProps(value)) return value;
  const kept = Object.entries(value).filter(([key, item]) => key !== META && item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, stripMeta(item)]));
}

/** Secrecy is no difference between values. */
function bare(value: Value): Value {
  if (value instanceof Marked) return value.known ? bare(value.value) : UNKNOWN;
  if (Array.isArray(value)) return value.map(bare);
  if (!isProps(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, bare(item)]));
}

function withSecrets(type: Bridged, outputs: Props): Props {
  const result: Props = {};
  for (const [key, value] of Object.entries(outputs)) result[key] = type.secrets?.includes(key) ? secret(value) : value;
  return result;
}

function compare(type: Bridged, call: DiffCall): DiffResult {
  const state = bare(planned(type, call.olds)) as Props;
  const next = bare(planned(type, call.news)) as Props;
  const [replaces, diffs] = [new Set<string>(), new Set<string>()];
  for (const { root, kind } of diff(state, next)) {
    // An optional property that the provider filled in stays as it is when the program does not set it.
    if (kind === "delete" && next[root] === undefined && type.computed.includes(root)) continue;
    diffs.add(root);
    if (!type.updatable?.includes(root)) replaces.add(root);
  }
  for (const key of type.expired?.({ ...call.olds, ...next }) ?? []) {
    diffs.add(key);
    replaces.add(key);
  }
  if (diffs.size > 0) for (const key of type.unstable ?? []) diffs.add(key);
  // The bridge gives no detailed diff for these providers.
  return { changed: diffs.size > 0, replaces: [...replaces], diffs: [...diffs] };
}

function missing(type: Bridged, inputs: Props): CheckFailure[] {
  return (type.required ?? [])
    .filter((key) => unmark(inputs[key]) === null || inputs[key] === undefined)
    .map((key) => ({ property: "", reason: `Missing required property '${key}'` }));
}

/** The state before, without the inputs that the program has taken away. */
function kept(type: Bridged, state: Props): Props {
  const gone = (key: string): boolean => type.inputs.includes(key) && !type.computed.includes(key);
  return Object.fromEntries(Object.entries(state).filter(([key]) => !gone(key)));
}

/** What is not known yet is not marked secret either: the SDK does that. */
const unknownBare = (props: Props): Props =>
  Object.fromEntries(Object.entries(props).map(([key, value]) => [key, isUnknown(value) ? UNKNOWN : value]));

/** The life cycle of a bridged resource type. */
export function bridged(type: Bridged): ResourceType {
  const withId = (id: Value): Props => (type.idInState === false ? {} : { id });
  const meta: Props = type.schemaVersion ? { __meta: JSON.stringify({ schema_version: type.schemaVersion }) } : {};
  return {
    check({ news }) {
      const failures = missing(type, news);
      if (failures.length === 0) failures.push(...(type.validate?.(planned(type, news)) ?? []));
      return { inputs: news, failures };
    },
    diff: (call) => compare(type, call),
    async create({ properties, preview }) {
      const inputs = planned(type, properties);
      if (preview) {
        const computed = type.computed.filter((key) => !(key in inputs)).map((key) => [key, UNKNOWN]);
        const planned = withSecrets(type, { ...inputs, ...Object.fromEntries(computed), ...withId(UNKNOWN) });
        return { id: "", properties: unknownBare(planned) };
      }
      const { id, outputs } = await type.create(inputs);
      return { id, properties: withSecrets(type, { ...meta, ...inputs, ...outputs, ...withId(id) }) };
    },
    read: ({ id, properties, inputs }) =>
      Promise.resolve({ id, inputs, properties: type.refresh?.(properties) ?? properties }),
    update: ({ olds, news }) => Promise.resolve(withSecrets(type, { ...kept(type, olds), ...planned(type, news) })),
  };
}
