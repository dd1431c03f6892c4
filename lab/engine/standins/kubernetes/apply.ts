/** Changes of objects through the API. */
import type { Call } from "../wire/provider";
import { alreadyExists, ApiError, isConflict, isNotFound } from "./client";
import {
  annotation,
  annotationTrue,
  at,
  drop,
  isObject,
  metadataOf,
  put,
  type Json,
  type JsonObject,
  type KubernetesObject,
  type ManagedFields,
} from "./json";
import { kindOfObject, NoMatchError } from "./kinds";
import type { Cluster, Session } from "./session";

/** Managers whose `Update` entries an apply takes over: creations by this provider, and kubectl's. */
const TAKEN_OVER: [manager: string, operation: string][] = [
  ["kubectl", "Apply"],
  ["kubectl", "Update"],
  ["before-first-apply", "Update"],
  ["pulumi-kubernetes", "Update"],
  ["pulumi-resource-kubernetes", "Update"],
];
const CREATE_MANAGER = "pulumi-kubernetes";
const CREATE_RETRIES = 5;
const FIRST_DELAY_MS = 1000;
const APPLY = "application/apply-patch+yaml";
const EXISTS_HINT =
  "\n\nThe resource already exists in the cluster: import it, manage single fields with a Patch resource, give a renamed " +
  "resource an alias, or set upsertExistingObjects on the provider to take existing objects over.";

/** One object to change. */
export interface Change {
  object: KubernetesObject;
  patch: boolean;
  fieldManager: string;
  call: Call;
}

/** The namespace that an object belongs into. */
export function namespaceOf(session: Session, object: KubernetesObject): string {
  return metadataOf(object).namespace || session.options.namespace || session.cluster?.client.namespace || "default";
}

async function pathOf(session: Session, cluster: Cluster, object: KubernetesObject, name: string): Promise<string> {
  return cluster.kinds.path(object, namespaceOf(session, object), name);
}

function conflict(error: unknown, manager: string): unknown {
  if (!isConflict(error)) return error;
  const hint =
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources";
  return new Error(
    `server-side apply field conflict detected, see ${hint} for troubleshooting help\n` +
      `The resource managed by field manager "${manager}" had an apply conflict: ${(error as Error).message}`,
  );
}

async function applyPatch(session: Session, change: Change, name: string, force: boolean): Promise<KubernetesObject> {
  const cluster = session.reached();
  const { object, fieldManager, call } = change;
  try {
    return await cluster.client.send({
      method: "PATCH",
      path: await pathOf(session, cluster, object, name),
      contentType: APPLY,
      query: {
        fieldManager,
        force: String(force),
        fieldValidation: "Warn",
        ...(call.preview ? { dryRun: "All" } : {}),
      },
      body: object,
    });
  } catch (error) {
    throw conflict(error, fieldManager);
  }
}

/** Creates the object, or applies it where the resource patches objects of others. */
export async function createObject(session: Session, change: Change): Promise<KubernetesObject> {
  const cluster = session.reached();
  const { object, call, patch } = change;
  const name = metadataOf(object).name ?? "";
  const force = annotationTrue(object, "patchForce") || session.options.patchForce || call.preview;
  for (let attempt = 0; ; attempt++) {
    try {
      if (patch || session.options.upsert) return await applyPatch(session, change, name, force);
      return await cluster.client.send({
        method: "POST",
        path: await pathOf(session, cluster, object, ""),
        query: { fieldManager: CREATE_MANAGER, ...(call.preview ? { dryRun: "All" } : {}) },
        body: object,
      });
    } catch (error) {
      if (alreadyExists(error)) throw new Error((error as Error).message + EXISTS_HINT);
      // A namespace or a definition that another resource makes may not be there yet.
      const early = isNotFound(error) || error instanceof NoMatchError;
      if (!early || call.preview || attempt >= CREATE_RETRIES) throw error;
      call.log("info", `Retry #${attempt}; creation failed: ${(error as Error).message}`, { status: true });
      await cluster.client.pause(FIRST_DELAY_MS * 2 ** attempt);
    }
  }
}

function union(a: Json | undefined, b: Json | undefined): Json {
  if (!isObject(a)) return b ?? a ?? {};
  if (!isObject(b)) return a;
  const merged: JsonObject = { ...a };
  for (const [key, value] of Object.entries(b)) merged[key] = key in merged ? union(merged[key], value) : value;
  return merged;
}

/** Gives what was written by a creation to the manager that applies from now on; without it every apply conflicts. */
export function takenOver(entries: ManagedFields[], manager: string): ManagedFields[] | undefined {
  const ours = (entry: ManagedFields): boolean =>
    !entry.subresource &&
    TAKEN_OVER.some(([name, operation]) => entry.manager === name && entry.operation === operation);
  const taken = entries.filter(ours);
  if (taken.length === 0) return undefined;
  const applied = entries.find(
    (entry) => entry.manager === manager && entry.operation === "Apply" && !entry.subresource,
  );
  const fieldsV1 = [...(applied ? [applied] : []), ...taken].reduce<Json>(
    (sum, entry) => union(sum, entry.fieldsV1),
    {},
  );
  const merged = { ...(applied ?? taken[0]!), manager, operation: "Apply", fieldsV1: fieldsV1 as JsonObject };
  return [...entries.filter((entry) => !ours(entry) && entry !== applied), merged];
}

async function takeOver(
  session: Session,
  change: Change,
  live: KubernetesObject,
  path: string,
): Promise<KubernetesObject> {
  if (change.patch || change.call.preview) return live;
  const { managedFields = [], resourceVersion = "" } = metadataOf(live);
  const entries = takenOver(managedFields, change.fieldManager);
  if (!entries) return live;
  return session.reached().client.send({
    method: "PATCH",
    path,
    contentType: "application/json-patch+json",
    body: [
      { op: "replace", path: "/metadata/managedFields", value: entries },
      { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
    ],
  });
}

/** Leaves ignored fields to whoever manages them, or at the value they have. */
function ignoreFields(change: Change, live: KubernetesObject, ignored: string[]): void {
  const entries = metadataOf(live).managedFields ?? [];
  for (const path of ignored.map((item) => item.split("."))) {
    const fields = path.map((key) => `f:${key}`);
    const managed = (ours: boolean): boolean =>
      entries.some(
        (entry) => (entry.manager === change.fieldManager) === ours && at(entry.fieldsV1, ...fields) !== undefined,
      );
    if (managed(false) && !managed(true)) drop(change.object, path);
    else {
      const value = at(live, ...path);
      if (value !== undefined) put(change.object, path, value);
    }
  }
}

/** Applies new inputs to the object that `name` names. */
export async function updateObject(
  session: Session,
  change: Change,
  name: string,
  ignored: string[],
): Promise<KubernetesObject> {
  const cluster = session.reached();
  const path = await pathOf(session, cluster, change.object, name);
  const found = await cluster.client.send({ method: "GET", path });
  const query: Record<string, string> = change.call.preview ? { dryRun: "All" } : {};
  if (kindOfObject(change.object).kind === "CustomResourceDefinition") {
    const body = structuredClone(change.object);
    put(body, ["metadata", "resourceVersion"], metadataOf(found).resourceVersion ?? "");
    return cluster.client.send({ method: "PUT", path, query: { ...query, fieldManager: change.fieldManager }, body });
  }
  const live = await takeOver(session, change, found, path);
  ignoreFields(change, live, ignored);
  const unmanaged = (metadataOf(live).managedFields ?? []).length === 0;
  const legacy = change.call.preview && takenOver(metadataOf(live).managedFields ?? [], "") !== undefined;
  const force = annotationTrue(change.object, "patchForce") || session.options.patchForce || unmanaged || legacy;
  return applyPatch(session, change, name, force);
}

/** The object as it is; `undefined` when it is gone, or its kind is. */
export async function readObject(
  session: Session,
  object: KubernetesObject,
  name: string,
): Promise<KubernetesObject | undefined> {
  const cluster = session.reached();
  try {
    return await cluster.client.send({ method: "GET", path: await pathOf(session, cluster, object, name) });
  } catch (error) {
    if (isNotFound(error) || error instanceof NoMatchError) return undefined;
    throw error;
  }
}

/** Gives up the fields that the manager holds. */
export async function relinquish(
  session: Session,
  object: KubernetesObject,
  fieldManager: string,
  call: Call,
): Promise<void> {
  const { name = "", namespace } = metadataOf(object);
  // An apply to an object that is gone would make it anew.
  if (!(await readObject(session, object, name))) return;
  const minimal: KubernetesObject = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, ...(namespace ? { namespace } : {}) },
  };
  await applyPatch(session, { object: minimal, patch: true, fieldManager, call }, name, false);
}

/** Asks for the object's removal; `false` when it is gone already. */
export async function deleteObject(session: Session, object: KubernetesObject, name: string): Promise<boolean> {
  const cluster = session.reached();
  const policy = annotation(object, "deletionPropagationPolicy").toLowerCase();
  const propagationPolicy = policy === "orphan" ? "Orphan" : policy === "background" ? "Background" : "Foreground";
  try {
    const path = await pathOf(session, cluster, object, name);
    await cluster.client.send({
      method: "DELETE",
      path,
      body: { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy },
    });
    return true;
  } catch (error) {
    if (isNotFound(error) || error instanceof NoMatchError) return false;
    throw error;
  }
}

/** Does the cluster know the object's kind? Decides whether a preview can ask it. */
export async function kindExists(session: Session, object: KubernetesObject): Promise<boolean> {
  if (!session.cluster) return false;
  try {
    return (await session.cluster.kinds.find(kindOfObject(object))) !== undefined;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}
