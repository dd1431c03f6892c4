/** Kubernetes objects as plain JSON. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export interface Metadata {
  name?: string;
  namespace?: string;
  uid?: string;
  generation?: number;
  resourceVersion?: string;
  annotations?: Record<string, string>;
  managedFields?: ManagedFields[];
}

/** One entry of `metadata.managedFields`. */
export interface ManagedFields {
  manager: string;
  operation: string;
  subresource?: string;
  fieldsV1?: JsonObject;
}

/** Any object of the API. */
export interface KubernetesObject extends JsonObject {
  apiVersion: string;
  kind: string;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const metadataOf = (object: JsonObject): Metadata =>
  (isObject(object["metadata"]) ? object["metadata"] : {}) as unknown as Metadata;

/** The value at a path; `undefined` when there is none. */
export function at(value: Json | undefined, ...path: string[]): Json | undefined {
  return path.reduce<Json | undefined>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** Sets a value at a path of objects, which are made where they are missing. */
export function put(object: JsonObject, path: string[], value: Json): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) object[key] = value;
  else {
    if (!isObject(object[key])) object[key] = {};
    put(object[key] as JsonObject, rest, value);
  }
}

/** Removes the value at a path of objects. */
export function drop(object: JsonObject, path: string[]): void {
  const last = path.at(-1);
  const parent = at(object, ...path.slice(0, -1));
  if (last !== undefined && isObject(parent)) delete parent[last];
}

export const annotation = (object: JsonObject, name: string): string =>
  metadataOf(object).annotations?.[`pulumi.com/${name}`] ?? "";

export const annotationTrue = (object: JsonObject, name: string): boolean => annotation(object, name) === "true";

export function annotate(object: JsonObject, name: string, value: string): void {
  put(object, ["metadata", "annotations", `pulumi.com/${name}`], value);
}
