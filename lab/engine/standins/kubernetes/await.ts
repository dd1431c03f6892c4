/** When an object is ready, and waiting for it. */
import type { Call } from "../wire/provider";
import { readObject } from "./apply";
import { annotation, annotationTrue, at, metadataOf, type Json, type KubernetesObject } from "./json";
import { kindOfObject } from "./kinds";
import type { Session } from "./session";

const DEFAULT_LIMIT_S = 600;
const FIRST_POLL_MS = 250;
const LAST_POLL_MS = 2000;

/** Ready, hopeless, or what is still awaited. */
export type Readiness = { ready: true } | { ready: false; message: string; failed?: boolean };

const READY: Readiness = { ready: true };
const waiting = (message: string): Readiness => ({ ready: false, message });
const failed = (message: string): Readiness => ({ ready: false, message, failed: true });
const count = (value: Json | undefined): number => (typeof value === "number" ? value : 0);

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

const conditionsOf = (object: KubernetesObject): Condition[] =>
  (at(object, "status", "conditions") ?? []) as unknown as Condition[];
const condition = (object: KubernetesObject, type: string): Condition | undefined =>
  conditionsOf(object).find((item) => item.type === type);

function observed(object: KubernetesObject): boolean {
  return count(at(object, "status", "observedGeneration")) >= (metadataOf(object).generation ?? 0);
}

function deployment(object: KubernetesObject): Readiness {
  const wanted = count(at(object, "spec", "replicas") ?? 1);
  const [replicas, updated, available] = ["replicas", "updatedReplicas", "availableReplicas"].map((key) =>
    count(at(object, "status", key)),
  ) as [number, number, number];
  const progressing = condition(object, "Progressing");
  if (observed(object) && progressing?.reason === "ProgressDeadlineExceeded")
    return failed(progressing.message ?? "the rollout has exceeded its progress deadline");
  if (observed(object) && updated >= wanted && available >= wanted && replicas === updated) return READY;
  return waiting(`${available} of ${wanted} pods available, ${updated} up to date`);
}

function daemonSet(object: KubernetesObject): Readiness {
  const number = (key: string): number => count(at(object, "status", key));
  const desired = number("desiredNumberScheduled");
  const onDelete = at(object, "spec", "updateStrategy", "type") === "OnDelete";
  const updated = onDelete ? desired : number("updatedNumberScheduled");
  if (observed(object) && updated >= desired && number("numberAvailable") >= desired) return READY;
  return waiting(`${number("numberAvailable")} of ${desired} pods available, ${updated} up to date`);
}

function statefulSet(object: KubernetesObject): Readiness {
  const wanted = count(at(object, "spec", "replicas") ?? 1);
  const number = (key: string): number => count(at(object, "status", key));
  const partition = count(at(object, "spec", "updateStrategy", "rollingUpdate", "partition"));
  const onDelete = at(object, "spec", "updateStrategy", "type") === "OnDelete";
  const updated = onDelete || partition > 0 || number("updatedReplicas") >= wanted || wanted === 0;
  if (observed(object) && updated && number("readyReplicas") >= wanted) return READY;
  return waiting(`${number("readyReplicas")} of ${wanted} pods ready, ${number("updatedReplicas")} up to date`);
}

function job(object: KubernetesObject): Readiness {
  const failure = condition(object, "Failed");
  if (failure?.status === "True") return failed(`the Job has failed: ${failure.message ?? failure.reason ?? ""}`);
  if (condition(object, "Complete")?.status === "True") return READY;
  return waiting(`${count(at(object, "status", "succeeded"))} pods succeeded`);
}

function pod(object: KubernetesObject): Readiness {
  const phase = at(object, "status", "phase");
  if (phase === "Succeeded" || condition(object, "Ready")?.status === "True") return READY;
  if (phase === "Failed") return failed(`the Pod has failed: ${String(at(object, "status", "message") ?? "")}`);
  return waiting(`phase ${String(phase ?? "unknown")}`);
}

const AWAITED: Record<string, (object: KubernetesObject) => Readiness> = {
  "apps/Deployment": deployment,
  "apps/DaemonSet": daemonSet,
  "apps/StatefulSet": statefulSet,
  "batch/Job": job,
  "/Pod": pod,
};

/** Objects of kinds that nothing is awaited of are ready as they are. */
export function readiness(object: KubernetesObject): Readiness {
  const { group, kind } = kindOfObject(object);
  return AWAITED[`${group}/${kind}`]?.(object) ?? READY;
}

/** Seconds that an object may take. */
export function limitOf(call: Call, object: KubernetesObject): number {
  const annotated = Number(annotation(object, "timeoutSeconds"));
  return call.timeout || (annotated > 0 ? annotated : DEFAULT_LIMIT_S);
}

/** The object did not become ready; `object` is what it was last seen as. */
export class NotReady extends Error {
  constructor(
    message: string,
    readonly object: KubernetesObject,
  ) {
    super(message);
  }
}

async function poll<T>(session: Session, seconds: number, step: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = Date.now() + seconds * 1000;
  for (let delay = FIRST_POLL_MS; ; delay = Math.min(delay * 1.5, LAST_POLL_MS)) {
    const result = await step();
    if (result !== undefined || Date.now() > end) return result;
    await session.reached().client.pause(delay);
  }
}

/** Resolves with the ready object. */
export async function untilReady(
  session: Session,
  inputs: KubernetesObject,
  live: KubernetesObject,
  call: Call,
): Promise<KubernetesObject> {
  if (annotationTrue(inputs, "skipAwait")) return live;
  if (annotation(inputs, "waitFor") !== "")
    throw new NotReady("the annotation pulumi.com/waitFor is not served by the kubernetes stand-in", live);
  const name = metadataOf(live).name ?? "";
  let seen = live;
  let last = "";
  const ready = await poll(session, limitOf(call, inputs), async () => {
    const state = readiness(seen);
    if (state.ready) return seen;
    if (state.failed) throw new NotReady(state.message, seen);
    if (state.message !== last) call.log("info", state.message, { status: true });
    last = state.message;
    const next = await readObject(session, live, name);
    if (!next) throw new NotReady(`"${name}" was deleted while it was awaited`, seen);
    seen = next;
    return undefined;
  });
  if (ready) return ready;
  throw new NotReady(`"${name}" timed out waiting to be Ready: ${last}`, seen);
}

/** Resolves when the object is gone, or another one has taken its name. */
export async function untilGone(session: Session, object: KubernetesObject, name: string, call: Call): Promise<void> {
  const { uid } = metadataOf(object);
  let waitedFor: string[] = [];
  const gone = await poll(session, limitOf(call, object), async () => {
    const live = await readObject(session, object, name);
    if (!live || (uid !== undefined && metadataOf(live).uid !== uid)) return true;
    waitedFor = (at(live, "metadata", "finalizers") ?? []) as string[];
    return undefined;
  });
  if (!gone)
    throw new Error(`"${name}" timed out waiting to be Deleted; finalizers left: ${waitedFor.join(", ") || "none"}`);
}
