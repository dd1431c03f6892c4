/** Runs the workload and reads what its clients have seen. */
import { type Api, type ApiList, type ApiObject, eventually, isStatus } from "./api";
import { type Attempt, type Availability, availability } from "./gaps";
import { budget, clients, deployment, NAMESPACE, namespace, service } from "./manifests";

export interface WorkloadReport {
  requests: number;
  failed: number;
  longestGapMs: number;
  /** By node. */
  clients: Record<string, Availability>;
}

/** Milliseconds; nothing before or after it counts. */
export interface Span {
  from: number;
  to: number;
}

interface Pod extends ApiObject {
  spec: { nodeName?: string };
}

const READY_LIMIT_S = 240;
const GONE_LIMIT_S = 120;

/** A client that printed nothing for so long did not ask; a request alone takes 2 s at most. */
const SILENCE_MS = 5000;

const home = `/api/v1/namespaces/${NAMESPACE}`;
const apps = `/apis/apps/v1/namespaces/${NAMESPACE}`;

/** An empty namespace, without what an earlier run may have left. */
export async function makeNamespace(api: Api): Promise<void> {
  await removeNamespace(api);
  await api.json("POST", "/api/v1/namespaces", namespace());
}

export async function removeNamespace(api: Api): Promise<void> {
  await eventually(`removing the namespace ${NAMESPACE}`, GONE_LIMIT_S, async () => {
    try {
      await api.text("DELETE", home);
    } catch (error) {
      if (isStatus(error, 404)) return true;
      // 409: it is already on its way out.
      if (!isStatus(error, 409)) throw error;
    }
    return undefined;
  });
}

/** Brings the Service up, then its clients; returns the name of one client's pod. */
export async function startWorkload(api: Api, image: string): Promise<string> {
  const { spec } = await api.json<{ spec: { clusterIP: string } }>("POST", `${home}/services`, service());
  await api.json("POST", `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`, budget());
  await api.json("POST", `${apps}/deployments`, deployment(image));
  await eventually("three pods of the workload ready", READY_LIMIT_S, async () => {
    const { status } = await api.json<{ status: { readyReplicas?: number } }>("GET", `${apps}/deployments/web`);
    return status.readyReplicas === 3 || undefined;
  });
  await api.json("POST", `${apps}/daemonsets`, clients(image, spec.clusterIP));
  await eventually("a client of the workload on every node", READY_LIMIT_S, async () => {
    const path = `${apps}/daemonsets/client`;
    const { status } = await api.json<{ status: Record<string, number | undefined> }>("GET", path);
    const wanted = status["desiredNumberScheduled"] ?? 0;
    return (wanted > 0 && status["numberReady"] === wanted) || undefined;
  });
  const [pod] = await clientPods(api);
  return pod!.metadata.name;
}

/** Path of a pod's log. */
export function logPath(pod: string, query: string): string {
  return `${home}/pods/${pod}/log?${query}`;
}

/** Every client's requests within a span, but of those on nodes that were off; what cannot be told goes to `problem`. */
export async function readWorkload(
  api: Api,
  span: Span,
  problem: (text: string) => void,
  off: string[] = [],
): Promise<WorkloadReport> {
  const report: WorkloadReport = { requests: 0, failed: 0, longestGapMs: 0, clients: {} };
  const pods = await eventually("listing the clients", 60, () => clientPods(api));
  for (const { metadata, spec } of pods) {
    const node = spec.nodeName ?? metadata.name;
    if (off.includes(node)) continue;
    try {
      const attempts = within(parseLog(await wholeLog(api, metadata.name)), span);
      const silence = longestSilence(attempts, span);
      if (silence > SILENCE_MS) problem(`the client on ${node} did not ask for ${Math.round(silence)} ms`);
      const own = availability(attempts);
      report.clients[node] = own;
      report.requests += own.sent;
      report.failed += own.failed;
      report.longestGapMs = Math.max(report.longestGapMs, own.longestGapMs);
    } catch (error) {
      problem(`the log of the client on ${node} cannot be read: ${(error as Error).message}`);
    }
  }
  return report;
}

/** Requests in a client's log, where the kubelet has put a time before each line. */
export function parseLog(text: string): Attempt[] {
  return [...text.matchAll(/^(\S+) \d+ (ok|failed)(.*)$/gm)].map(([, time = "", verdict, said = ""]) => {
    const at = Date.parse(time);
    return { sent: at, ended: at, ...(verdict === "failed" && { error: said.trim() || "no answer" }) };
  });
}

function within(attempts: Attempt[], { from, to }: Span): Attempt[] {
  return attempts.filter(({ ended }) => ended >= from && ended <= to);
}

/** The longest time without an attempt, before the first and after the last as well. */
export function longestSilence(attempts: Attempt[], { from, to }: Span): number {
  const times = [from, ...attempts.map(({ ended }) => ended), to];
  return Math.max(...times.slice(1).map((time, index) => time - times[index]!));
}

async function clientPods(api: Api): Promise<Pod[]> {
  return (await api.json<ApiList<Pod>>("GET", `${home}/pods?labelSelector=app%3Dclient`)).items;
}

/** What a container has printed, the one before it included when it was started again. */
async function wholeLog(api: Api, pod: string): Promise<string> {
  const current = await eventually(`the log of ${pod}`, 30, () => api.text("GET", logPath(pod, "timestamps=true")));
  try {
    return (await api.text("GET", logPath(pod, "timestamps=true&previous=true"))) + current;
  } catch (error) {
    // It never was.
    if (isStatus(error, 400)) return current;
    throw error;
  }
}
