/** Load on a cluster and what it saw: the measure of upgrades, drills and lab tests. */
import { monitorEventLoopDelay } from "node:perf_hooks";

import { accessOf } from "./access";
import { Api } from "./api";
import { now } from "./clock";
import { type Break, Follower } from "./follower";
import { AGNHOST, NAMESPACE } from "./manifests";
import { Connections, Probe, type ProbeReport } from "./probe";
import { Watch, type WatchReport } from "./watch";
import { logPath, makeNamespace, readWorkload, removeNamespace, startWorkload, type WorkloadReport } from "./workload";
import { Writer, type WritesReport } from "./writer";

export interface LoadOptions {
  /** Text of a kubeconfig with its certificates inside. */
  kubeconfig: string;
  /** `https://192.0.2.10:8443`. Default: the kubeconfig's server. */
  endpoint?: string;
  /** Holds agnhost and a shell with wget. Default: upstream's agnhost. */
  image?: string;
  /** Seconds after which the load ends by itself; its report then says so. Default 3600. */
  limitSeconds?: number;
}

export interface LoadReport {
  /** Milliseconds since 1970, as all times in the report. */
  from: number;
  to: number;
  /** A new connection for every question, at 10 Hz. */
  fresh: ProbeReport;
  /** All questions on one kept connection, at 10 Hz. */
  kept: ProbeReport;
  writes: WritesReport;
  watch: WatchReport;
  /** A log that is followed, as `kubectl logs -f` does. */
  logs: { breaks: Break[]; lines: number };
  /** A three-replica Service, asked by a client on every node. */
  workload: WorkloadReport;
  /** The longest time that this process did not run at all: shorter gaps than that may be its own. */
  stalledMs: number;
  /** What could not be measured; a good report has none. */
  problems: string[];
}

export interface Load {
  /**
   * Ends the load, removes what it made in the cluster and tells what it saw. Clients on nodes that were off meanwhile
   * do not count.
   */
  stop(off?: string[]): Promise<LoadReport>;
}

/** Returns when the workload answers and everything measures. Nothing else may use the namespace at the same time. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { image = AGNHOST, limitSeconds = 3600 } = options;
  const access = accessOf(options.kubeconfig, options.endpoint);
  const api = new Api(access);
  const writeApi = new Api(access, WRITE_TIMEOUT_MS);
  try {
    await makeNamespace(api);
    const pod = await startWorkload(api, image);
    return await measure({ api, writeApi, pod, limitSeconds });
  } catch (error) {
    await removeNamespace(api).catch(() => undefined);
    api.close();
    writeApi.close();
    throw error;
  }
}

/** What a client of an API would wait. */
const WRITE_TIMEOUT_MS = 3000;

interface Setting {
  api: Api;
  writeApi: Api;
  /** Whose log is followed. */
  pod: string;
  limitSeconds: number;
}

async function measure({ api, writeApi, pod, limitSeconds }: Setting): Promise<Load> {
  const writer = new Writer(writeApi, NAMESPACE);
  await writer.start();
  const from = now();
  const delay = monitorEventLoopDelay();
  delay.enable();
  const watch = new Watch(api, NAMESPACE, limitSeconds + 60);
  let lines = 0;
  const path = () => logPath(pod, "follow=true&tailLines=1");
  const logs = new Follower(api.access, { path, onLine: () => (lines += 1) });
  const fresh = new Probe(api.access, Connections.New);
  const kept = new Probe(api.access, Connections.Kept);

  const problems: string[] = [];
  let ended: Promise<Measured> | undefined;
  const end = () => (ended ??= endMeasuring());
  const limit = setTimeout(() => {
    problems.push(`the load ended by itself after its limit of ${limitSeconds} s`);
    // Its failure is told by stop.
    end().catch(() => undefined);
  }, limitSeconds * 1000);

  async function endMeasuring(): Promise<Measured> {
    clearTimeout(limit);
    const to = now();
    const [freshReport, keptReport, writes] = await Promise.all([
      fresh.stop(),
      kept.stop(),
      writer.stop(),
      logs.stop(),
    ]);
    delay.disable();
    return {
      from,
      to,
      fresh: freshReport,
      kept: keptReport,
      writes,
      watch: await watch.stop(writer.acknowledged),
      logs: { breaks: logs.breaks, lines },
      stalledMs: delay.max / 1e6,
    };
  }

  return {
    async stop(off = []) {
      try {
        const measured = await end();
        const workload = await readWorkload(api, measured, (text) => problems.push(text), off);
        return { ...measured, workload, problems };
      } finally {
        await removeNamespace(api).catch((error: Error) => problems.push(error.message));
        api.close();
        writeApi.close();
      }
    },
  };
}

type Measured = Omit<LoadReport, "workload" | "problems">;
