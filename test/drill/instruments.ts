/** What watches a cluster during a drill. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { docker, findDocker } from "../../lab/fleet/dockerd";
import { repoDir } from "../../lab/paths";
import { sleep } from "../../lab/sh";
import type { Access } from "../load/access";
import { Api, type ApiList, type ApiObject } from "../load/api";
import { now } from "../load/clock";
import type { Attempt } from "../load/gaps";
import { type LoadReport, startLoad } from "../load/load";
import { type NotReady, Position } from "./drill";
import type { HolderSample } from "./holders";
import type { Hosts } from "./hosts";
import { Source, type Sources } from "./sources";

/** What all instruments saw together. */
export interface Measured {
  fresh: Attempt[];
  kept: Attempt[];
  stalledMs: number;
  load: LoadReport | undefined;
  holders: HolderSample[];
  notReady: NotReady[];
}

const NOTHING: Measured = { fresh: [], kept: [], stalledMs: 0, load: undefined, holders: [], notReady: [] };

interface Asked {
  fresh: Attempt[];
  kept: Attempt[];
  stalledMs: number;
}

/** The instruments at work. */
export interface Watching {
  /** Which connections carry the streams now. */
  sources: () => Promise<Sources>;
  /** Ends them. Hosts named as off then are nobody's clients. */
  stop: (off: string[]) => Promise<Measured>;
}

/** Where nothing can be measured. */
export const BLIND: Watching = { sources: () => Promise.resolve({}), stop: () => Promise.resolve(NOTHING) };

/** Starts all instruments. */
export async function watchCluster(
  hosts: Hosts,
  from: Position,
  kubeconfig: string,
  access: Access,
): Promise<Watching> {
  const watch = new Source((path) => path.includes("watch=true"));
  const load = await startLoad({ kubeconfig, limitSeconds: 2 * 3600 });
  const stopHolders = await sampleHolders(hosts);
  const stopNodes = pollNodes(access);
  const prober = await startProber(hosts, from, access).catch(async (error: unknown) => {
    watch.stop();
    await Promise.all([load.stop(), stopHolders(), stopNodes()]);
    throw error;
  });
  return {
    sources: async () => ({ watch: watch.address, kept: await prober.kept() }),
    stop: async (off) => {
      watch.stop();
      const asked = await prober.stop();
      const [holders, notReady, report] = await Promise.all([stopHolders(), stopNodes(), load.stop(off)]);
      return { ...asked, holders, notReady, load: report };
    },
  };
}

interface Prober {
  /** Its end of the kept connection. */
  kept: () => Promise<string | undefined>;
  stop: () => Promise<Asked>;
}

/** Asks the API from a host's own network, or from this machine. */
async function startProber(hosts: Hosts, from: Position, access: Access): Promise<Prober> {
  const program = [process.execPath, "--import", "tsx", join(__dirname, "worker-probe.ts")];
  const enter = from === Position.Worker ? await networkOf(hosts, hosts.workers[0]!) : [];
  const [command = "", ...args] = [...enter, ...program];
  const child = spawn(command, args, { cwd: repoDir, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => String((await lines.next()).value);
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(access)}\n`);
  if ((await nextLine()) !== "asking") throw new Error("the prober did not start");
  return {
    kept: async () => {
      child.stdin.write("\n");
      return (await nextLine()) || undefined;
    },
    stop: async () => {
      child.stdin.end();
      return JSON.parse(await nextLine()) as Asked;
    },
  };
}

async function networkOf(hosts: Hosts, host: string): Promise<string[]> {
  const inspected = await docker(["inspect", "--format", "{{.State.Pid}}", hosts.container(host)]);
  return ["nsenter", "--target", inspected.stdout.trim(), "--net"];
}

/**
 * Prints the time and whether this host has the address, five times a second, without a process for each: the kernel
 * lists its own addresses in this file alone. It runs inside the host, and so ends with its power; or with its input.
 */
function holderScript(vip: string): string {
  return `while :; do
  mapfile -t lines </proc/net/fib_trie
  case " \${lines[*]} " in *" ${vip} "*) held=1 ;; *) held=0 ;; esac
  printf '%s %s\\n' "$EPOCHREALTIME" "$held"
  read -r -t 0.2 || [ $? -gt 128 ] || exit 0
done`;
}

async function sampleHolders(hosts: Hosts): Promise<() => Promise<HolderSample[]>> {
  const engine = await findDocker();
  if (!engine) throw new Error("no docker engine answers");
  const samples: HolderSample[] = [];
  const script = holderScript(hosts.vip);
  let stopped = false;
  const children = new Set<ChildProcess>();
  const follow = async (host: string) => {
    while (!stopped) {
      const args = ["--host", engine.host, "exec", "--interactive", hosts.container(host), "bash", "-c", script];
      const child = spawn(engine.client, args, { stdio: ["pipe", "pipe", "ignore"] });
      children.add(child);
      const ended = new Promise((done) => child.on("close", done));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [at, held] = line.split(" ");
        samples.push({ at: Number(at) * 1000, host, holds: held === "1" });
      });
      await ended;
      children.delete(child);
      if (stopped) return;
      // The host is off, and answers for no address; it may come back.
      samples.push({ at: now(), host, holds: false });
      await sleep(0.3);
    }
  };
  const running = hosts.controlPlanes.map(follow);
  return async () => {
    stopped = true;
    for (const child of children) child.stdin?.end();
    await Promise.all(running);
    return samples;
  };
}

interface Node extends ApiObject {
  status: { conditions: { type: string; status: string }[] };
}

function pollNodes(access: Access): () => Promise<NotReady[]> {
  const api = new Api(access, 2000);
  const seen: NotReady[] = [];
  let stopped = false;
  const poll = async () => {
    while (!stopped) {
      try {
        const { items } = await api.json<ApiList<Node>>("GET", "/api/v1/nodes");
        const ready = ({ status }: Node) =>
          status.conditions.some((one) => one.type === "Ready" && one.status === "True");
        seen.push({ at: now(), nodes: items.filter((node) => !ready(node)).map(({ metadata }) => metadata.name) });
      } catch {
        // The probers tell when the API is away.
      }
      await sleep(1);
    }
  };
  const running = poll();
  return async () => {
    stopped = true;
    await running;
    api.close();
    return seen;
  };
}
