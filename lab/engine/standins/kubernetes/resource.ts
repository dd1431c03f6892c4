/** The life cycle of any object of the Kubernetes API. */
import { createHash, randomBytes } from "node:crypto";
import { InitializationFailed } from "../wire/errors";
import type {
  Call,
  CheckCall,
  CheckResult,
  Created,
  DeleteCall,
  DiffCall,
  DiffResult,
  ReadCall,
  ResourceType,
  UpdateCall,
} from "../wire/provider";
import { hasUnknowns, isProps, isUnknown, unmark, type Props } from "../wire/values";
import { createObject, deleteObject, kindExists, readObject, relinquish, updateObject } from "./apply";
import { NotReady, untilGone, untilReady } from "./await";
import { annotateSecrets, checkpoint, objectOf, propsOf, readCheckpoint } from "./checkpoint";
import { isForbidden } from "./client";
import { changes } from "./compare";
import { forceNewFields } from "./forcenew";
import { annotate, annotationTrue, metadataOf, put, type JsonObject, type KubernetesObject } from "./json";
import { kindOfObject, kindOfToken } from "./kinds";
import { normalized, pruned } from "./normalize";
import type { Session } from "./session";

const isPatch = (call: Call): boolean => kindOfToken(call.type).patch;
const idOf = (object: KubernetesObject): string => {
  const { name = "", namespace } = metadataOf(object);
  return namespace ? `${namespace}/${name}` : name;
};
const nameOf = (id: string): string => id.split("/").at(-1) ?? id;
const hex = (seed: Uint8Array): string =>
  (seed.length > 0 ? createHash("sha256").update(seed).digest() : randomBytes(4)).toString("hex").slice(0, 8);

function nameIsUnknown(props: Props): boolean {
  const metadata = unmark(props["metadata"]);
  return isProps(metadata) && isUnknown(metadata["name"]);
}

/** Gives a name to an object without one, the old one where there is an old one. */
function assignName(call: CheckCall, object: KubernetesObject): void {
  if (nameIsUnknown(call.news) || metadataOf(object).name) return;
  const old = objectOf(call.olds);
  const adopted =
    Object.keys(call.olds).length > 0 && annotationTrue(old, "autonamed") ? metadataOf(old).name : undefined;
  if (adopted === undefined && Object.keys(call.olds).length > 0) return;
  if (!adopted && call.autonaming?.mode === "disable")
    throw new Error("autonaming is disabled, resource requires the .metadata.name field to be set");
  const proposed = call.autonaming?.proposedName || `${call.name}-${hex(call.randomSeed)}`;
  put(object, ["metadata", "name"], adopted ?? proposed);
  annotate(object, "autonamed", "true");
}

function check(session: Session, call: CheckCall): CheckResult {
  if (!session.cluster && session.options.skipUpdateUnreachable) {
    call.log("warning", "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...");
    return { inputs: call.olds };
  }
  const object = hasUnknowns(call.news) ? objectOf(call.news) : normalizedInputs(call.news);
  if (isPatch(call) && !metadataOf(object).name && !nameIsUnknown(call.news))
    throw new Error("patch resources require the `.metadata.name` field to be set");
  assignName(call, object);
  if (metadataOf(object).name === undefined && "generateName" in metadataOf(object))
    throw new Error("the `.metadata.generateName` field is not supported in Server-Side Apply mode");
  const inputs = propsOf(object);
  restoreUnknowns(inputs, call.news);
  annotateSecrets(inputs, call.news);
  return { inputs };
}

/** As the program has written them, but for what the API would not keep. */
function normalizedInputs(props: Props): KubernetesObject {
  return normalized(objectOf(props));
}

/** Unknown parts went through JSON as text; they come back as what they were. */
function restoreUnknowns(inputs: Props, news: Props): void {
  for (const [key, value] of Object.entries(news)) {
    const input = inputs[key];
    if (hasUnknowns(value) && !(isProps(value) && isProps(input))) inputs[key] = value;
    else if (isProps(value) && isProps(input)) restoreUnknowns(input, value);
  }
}

function setNamespace(object: JsonObject, namespaced: boolean): void {
  const metadata = metadataOf(object);
  if (!namespaced) delete metadata.namespace;
  else put(object, ["metadata", "namespace"], metadata.namespace || "default");
}

async function diff(session: Session, call: DiffCall): Promise<DiffResult> {
  const { inputs: oldInputs, live } = readCheckpoint(call.olds);
  const next = normalizedInputs(call.news);
  const base = pruned(normalized(live), normalized(oldInputs)) as KubernetesObject;
  const endpoint = await session.cluster?.kinds.find(kindOfObject(next)).catch(() => undefined);
  const namespaced = endpoint?.namespaced ?? isNamespaced(next);
  setNamespace(base, namespaced);
  setNamespace(next, namespaced);
  base.apiVersion ??= next.apiVersion;
  base.kind ??= next.kind;
  const { name: liveName = "", namespace: liveNamespace } = metadataOf(live);
  const { name, namespace } = metadataOf(next);
  if (name) put(base, ["metadata", "name"], liveName);
  const mutable = { configMaps: session.options.configMapsMutable, secrets: session.options.secretsMutable };
  const detailed = changes(base, next, forceNewFields(next, isPatch(call), mutable));
  for (const path of Object.keys(detailed)) {
    const ignored = call.ignoreChanges.some(
      (item) => path === item || [".", "["].some((mark) => path.startsWith(item + mark)),
    );
    if (ignored) delete detailed[path];
  }
  const replaces = Object.entries(detailed)
    .filter(([path, { kind }]) => kind.endsWith("-replace") || (kind === "delete" && path === "metadata"))
    .map(([path]) => path);
  const named = nameIsUnknown(call.news) || Boolean(name);
  return {
    changed: Object.keys(detailed).length > 0,
    replaces,
    detailed,
    deleteBeforeReplace:
      replaces.length > 0 &&
      named &&
      !annotationTrue(next, "autonamed") &&
      name === liveName &&
      namespace === liveNamespace,
  };
}

function isNamespaced(object: KubernetesObject): boolean {
  return !CLUSTER_SCOPED.has(object.kind);
}
const CLUSTER_SCOPED = new Set([
  ...["Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "StorageClass"],
  ...["CustomResourceDefinition", "IngressClass", "PriorityClass", "RuntimeClass"],
]);

function managerOf(object: KubernetesObject, recorded: string | undefined): string {
  const annotated = metadataOf(object).annotations?.["pulumi.com/patchFieldManager"];
  return annotated || recorded || `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
}

async function create(session: Session, call: Call & { properties: Props }): Promise<Created> {
  const object = objectOf(call.properties);
  const asIs: Created = { id: "", properties: call.properties };
  if (call.preview && (hasUnknowns(call.properties) || isPatch(call) || !(await kindExists(session, object))))
    return asIs;
  session.reached();
  const fieldManager = managerOf(object, undefined);
  const recorded = (live: KubernetesObject): Props =>
    checkpoint(object, live, call.properties, object.apiVersion, fieldManager);
  let live: KubernetesObject;
  try {
    live = await createObject(session, { object, patch: isPatch(call), fieldManager, call });
  } catch (error) {
    // A namespace that this run will make is no reason to fail a preview.
    if (call.preview) return asIs;
    throw new Error(
      `resource "${call.urn}" was not successfully created by the Kubernetes API server: ${(error as Error).message}`,
    );
  }
  if (call.preview) {
    const { status: _status, ...rest } = live;
    return { id: "", properties: recorded(rest as KubernetesObject) };
  }
  if (object.kind === "CustomResourceDefinition") session.reached().kinds.reset();
  try {
    live = await untilReady(session, object, live, call);
  } catch (error) {
    throw notReady(error, live, recorded, call, `resource "${call.urn}" was successfully created, but`);
  }
  return { id: idOf(live), properties: recorded(live) };
}

function notReady(
  error: unknown,
  live: KubernetesObject,
  recorded: (live: KubernetesObject) => Props,
  call: Call,
  start: string,
): Error {
  const seen = error instanceof NotReady ? error.object : live;
  const reason = error instanceof Error ? error.message : String(error);
  const message = `${start} the Kubernetes API server reported that it failed to fully initialize or become live: ${reason}`;
  return new InitializationFailed(idOf(seen), recorded(seen), {}, [message], message);
}

async function update(session: Session, call: UpdateCall): Promise<Props> {
  const object = normalizedInputs(call.news);
  if (call.preview && (hasUnknowns(call.news) || !(await kindExists(session, object)))) return call.news;
  const old = readCheckpoint(call.olds);
  const fieldManager = managerOf(object, old.fieldManager);
  const recorded = (live: KubernetesObject): Props =>
    checkpoint(object, live, call.news, old.initialApiVersion, fieldManager);
  const change = { object: structuredClone(object), patch: isPatch(call), fieldManager, call };
  let live: KubernetesObject;
  try {
    live = await updateObject(session, change, nameOf(call.id), call.ignoreChanges);
  } catch (error) {
    if (call.preview && isForbidden(error)) return call.news;
    throw new Error(`update of resource "${call.urn}" failed: ${(error as Error).message}`);
  }
  if (call.preview) return recorded(live);
  try {
    live = await untilReady(session, object, live, call);
  } catch (error) {
    throw notReady(error, live, recorded, call, `"${idOf(live)}" was updated, but`);
  }
  if (old.fieldManager && old.fieldManager !== fieldManager) await relinquish(session, live, old.fieldManager, call);
  return recorded(live);
}

async function read(session: Session, call: ReadCall) {
  const old = readCheckpoint(call.properties);
  if (!session.cluster) {
    call.log("warning", `configured Kubernetes cluster is unreachable: ${session.unreachableReason}`);
    if (session.options.deleteUnreachable) return undefined;
    if (session.options.skipUpdateUnreachable) return call;
    throw new Error(
      "failed to read resource state due to unreachable cluster. If the cluster was deleted, you can remove this " +
        'resource from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"',
    );
  }
  const { group, version, kind } = kindOfToken(call.type);
  const inputs = Object.keys(call.inputs).length > 0 ? normalizedInputs(call.inputs) : undefined;
  const wanted: KubernetesObject = {
    ...(inputs ?? old.live),
    apiVersion: inputs?.apiVersion ?? old.live.apiVersion ?? (group ? `${group}/${version}` : version),
    kind: inputs?.kind ?? old.live.kind ?? kind,
  };
  const [namespace, name] = call.id.includes("/") ? call.id.split("/") : [undefined, call.id];
  if (namespace) put(wanted, ["metadata", "namespace"], namespace);
  const live = await readObject(session, wanted, name ?? "");
  if (!live) return undefined;
  const liveInputs = inputs ? (pruned(normalized(live), inputs) as KubernetesObject) : normalized(live);
  delete liveInputs["status"];
  const properties = checkpoint(
    liveInputs,
    live,
    call.inputs,
    old.initialApiVersion ?? wanted.apiVersion,
    managerOf(wanted, old.fieldManager),
  );
  const found = propsOf(liveInputs);
  annotateSecrets(found, call.inputs);
  return { id: call.id, properties, inputs: found };
}

async function remove(session: Session, call: DeleteCall): Promise<void> {
  if (!session.cluster) {
    call.log("warning", `configured Kubernetes cluster is unreachable: ${session.unreachableReason}`);
    if (session.options.deleteUnreachable) return;
    throw new Error(
      "configured Kubernetes cluster is unreachable. If the cluster was deleted, you can remove this resource from Pulumi " +
        'state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"',
    );
  }
  const { live, inputs, fieldManager } = readCheckpoint(call.properties);
  if (isPatch(call)) return relinquish(session, live, managerOf(inputs, fieldManager), call);
  if (!(await deleteObject(session, live, nameOf(call.id)))) return;
  if (!annotationTrue(inputs, "skipAwait")) await untilGone(session, live, nameOf(call.id), call);
}

/** Serves every type of the API over one configured session. */
export function objects(session: Session): ResourceType {
  return {
    check: (call) => check(session, call),
    diff: (call) => diff(session, call),
    create: (call) => create(session, call),
    read: (call) => read(session, call),
    update: (call) => update(session, call),
    delete: (call) => remove(session, call),
  };
}
