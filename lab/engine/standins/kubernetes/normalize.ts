/** Brings objects into the form that the API server returns, so that only real differences show. */
import { drop, isObject, type Json, type JsonObject, type KubernetesObject } from "./json";

const READ_ONLY = [
  ...["creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation"],
  ...["managedFields", "resourceVersion", "uid"],
];

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function normalizeSecret(object: KubernetesObject): void {
  const data: JsonObject = isObject(object["data"]) ? { ...object["data"] } : {};
  for (const [key, value] of Object.entries(data)) {
    if (typeof value === "string") data[key] = Buffer.from(value, "base64").toString("base64");
  }
  if (isObject(object["stringData"])) {
    for (const [key, value] of Object.entries(object["stringData"])) data[key] = base64(String(value));
    delete object["stringData"];
  }
  if (Object.keys(data).length > 0) object["data"] = data;
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
}

/** A copy in normal form: a Secret's `stringData` as `data`, nothing that only the server sets, no nulls. */
export function normalized(object: KubernetesObject): KubernetesObject {
  const copy = withoutNulls(object) as KubernetesObject;
  if (copy.apiVersion === "v1" && copy.kind === "Secret") normalizeSecret(copy);
  if (copy.kind === "CustomResourceDefinition") {
    delete copy["status"];
    if (isObject(copy["spec"]) && copy["spec"]["preserveUnknownFields"] === false)
      drop(copy, ["spec", "preserveUnknownFields"]);
  }
  for (const field of READ_ONLY) drop(copy, ["metadata", field]);
  return copy;
}

/** Only what the inputs speak about. */
export function pruned(live: Json, inputs: Json | undefined): Json {
  if (isObject(live) && isObject(inputs)) {
    const kept: JsonObject = {};
    for (const [key, value] of Object.entries(live)) if (key in inputs) kept[key] = pruned(value, inputs[key]);
    return kept;
  }
  if (Array.isArray(live) && Array.isArray(inputs)) {
    if (live.length > 0 && inputs.length > 0 && typeof live[0] !== typeof inputs[0]) return live;
    return inputs.slice(0, live.length).map((input, i) => pruned(live[i]!, input));
  }
  return live;
}

/** Values that typed objects leave out, and the server too. */
export function isZero(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === false || value === "" || (isObject(value) && Object.keys(value).length === 0);
}

const SUFFIXES: Record<string, number> = {
  ...{ "": 1, n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

function quantity(value: Json): number | undefined {
  const match = /^([+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)([numkMGTPE]?i?)$/.exec(String(value));
  const factor = match && SUFFIXES[match[2]!];
  return factor === undefined || factor === null ? undefined : Number(match![1]) * factor;
}

const QUANTITIES = /(^|\.)(limits|requests|capacity|hard|max|min|default|defaultRequest|sizeLimit|overhead)(\.|\[|$)/;

/** Equal, or the same amount written in another way where amounts are expected: `0.1` and `100m`. */
export function sameScalar(path: string, a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a === "number" && typeof b === "number") return a === b;
  if (!QUANTITIES.test(path)) return false;
  const [left, right] = [quantity(a), quantity(b)];
  return left !== undefined && right !== undefined && Math.abs(left - right) <= Math.abs(left) * 1e-9;
}
