/** Objects in Pulumi's state: the live object beside the inputs it was made from, secrets marked. */
import {
  isProps,
  isSecret,
  hasSecrets,
  Marked,
  plain,
  secret,
  unmark,
  UNKNOWN_TEXT,
  type Props,
  type Value,
} from "../wire/values";
import { isObject, type Json, type JsonObject, type KubernetesObject } from "./json";

const INPUTS = "__inputs";
const INITIAL_API_VERSION = "__initialApiVersion";
const FIELD_MANAGER = "__fieldManager";

/** `x-kubernetes-…` of definitions is spelt with underscores in programs. */
const toKubernetes = (key: string): string => (key.startsWith("x_kubernetes_") ? key.replaceAll("_", "-") : key);
const fromKubernetes = (key: string): string => (key.startsWith("x-kubernetes-") ? key.replaceAll("-", "_") : key);

function json(value: Value): Json {
  if (value instanceof Marked && !value.known) return UNKNOWN_TEXT;
  const bare = unmark(value);
  if (Array.isArray(bare)) return bare.map(json);
  if (!isProps(bare)) return (bare ?? null) as Json;
  return Object.fromEntries(Object.entries(bare).map(([key, item]) => [toKubernetes(key), json(item)]));
}

/** A program's properties as an object of the API; unknown values become `UNKNOWN_TEXT`. */
export function objectOf(props: Props): KubernetesObject {
  return json(props) as KubernetesObject;
}

export function propsOf(object: JsonObject): Props {
  const convert = (value: Json): Value => {
    if (Array.isArray(value)) return value.map(convert);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [fromKubernetes(key), convert(item)]));
  };
  return convert(object) as Props;
}

/** Marks in `outputs` what is secret in `inputs`, and a Secret's content always. */
export function annotateSecrets(outputs: Props, inputs: Props | undefined): void {
  if (outputs["kind"] === "Secret") {
    for (const key of ["data", "stringData"]) if (outputs[key] !== undefined) outputs[key] = secret(outputs[key]);
    return;
  }
  for (const [key, input] of Object.entries(inputs ?? {})) {
    const output = outputs[key];
    if (output === undefined) continue;
    if (isProps(output) && isProps(input)) annotateSecrets(output, input);
    else if (!isSecret(output) && hasSecrets(input)) outputs[key] = secret(output);
  }
}

/** What is stored of an object. */
export function checkpoint(
  inputs: JsonObject,
  live: JsonObject,
  from: Props,
  initialApiVersion: string,
  fieldManager: string,
): Props {
  const [outputs, recorded] = [propsOf(live), propsOf(inputs)];
  annotateSecrets(outputs, from);
  annotateSecrets(recorded, from);
  return {
    ...outputs,
    [INPUTS]: recorded,
    [INITIAL_API_VERSION]: initialApiVersion,
    [FIELD_MANAGER]: fieldManager,
  };
}

export interface Checkpoint {
  inputs: KubernetesObject;
  live: KubernetesObject;
  fieldManager: string | undefined;
  initialApiVersion: string;
}

/** Reads back what `checkpoint` has made. */
export function readCheckpoint(state: Props): Checkpoint {
  const { [INPUTS]: inputs, [INITIAL_API_VERSION]: version, [FIELD_MANAGER]: manager, ...live } = state;
  const bare = unmark(inputs);
  const recorded = objectOf(isProps(bare) ? bare : {});
  return {
    inputs: recorded,
    live: objectOf(live),
    fieldManager: plain(manager) as string | undefined,
    initialApiVersion: (plain(version) as string | undefined) ?? recorded.apiVersion,
  };
}
