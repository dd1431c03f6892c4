/** How long it takes to ask all hosts. Needs the lab that LAB names, built by `npm run demo`. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

import { stackFile } from "../../lab/config";
import { labName, projectDir } from "../../lab/paths";
import { dialler, LIMITS, observe as ask } from "../../components/observe/observe";
import { commandFor, questionsFor } from "../../components/observe/script";
import { runSession } from "../../components/observe/session";
import { parseSpec } from "../../components/spec/parse";
import { formatProblems } from "../../components/spec/problem";
import type { ClusterSpec } from "../../components/spec/types";
import { figure, median, seconds, timed } from "./figures";

const RUNS = 5;
const MANY = 500;
const GOALS = { labMs: 2000, manyMs: 20_000, manyMb: 500 };

interface Server {
  port: number;
  hostKey: string;
  clientKey: string;
}

export async function observe(): Promise<void> {
  const spec = labSpec(labName());
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { ms, result } = await timed(() => ask(spec));
    const silent = [...result.values()].filter(({ facts }) => facts === undefined);
    if (silent.length > 0)
      throw new Error(`no facts of ${silent.map(({ host, detail }) => `${host} (${detail})`).join(", ")}`);
    times.push(ms);
  }
  const slowest = `slowest ${seconds(Math.max(...times))}, goal ${seconds(GOALS.labMs)} for six`;
  figure(`${spec.hosts.length} hosts of the lab`, seconds(median(times)), slowest);

  const child = fork(join(__dirname, "simulated-hosts.ts"), { execArgv: ["--import", "tsx"] });
  try {
    child.send(await documentOf(spec));
    const [server] = (await once(child, "message")) as [Server];
    const { ms, result } = await timed(() => ask(manyHosts(spec, server)));
    const heard = [...result.values()].filter(({ facts }) => facts !== undefined).length;
    if (heard !== MANY) throw new Error(`${heard} of ${MANY} hosts were heard`);
    figure(`${MANY} simulated hosts`, seconds(ms), `goal ${seconds(GOALS.manyMs)}`);
    const peak = Math.round(process.resourceUsage().maxRSS / 1024);
    figure("peak memory of the asking process", `${peak} MB`, `goal ${GOALS.manyMb} MB`);
  } finally {
    child.kill();
  }
}

/** The lab's own description, read as the program reads it. */
function labSpec(lab: string): ClusterSpec {
  const { config } = parse(readFileSync(stackFile(lab), "utf8")) as { config: Record<string, unknown> };
  const raw = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace("kubeadm-ha:", ""), value]));
  const result = parseSpec(raw, (path) => readFileSync(join(projectDir(lab), path), "utf8"), "dev");
  if ("problems" in result) throw new Error(formatProblems(result.problems));
  const { privateKey } = result.spec.ssh;
  return { ...result.spec, ssh: { ...result.spec.ssh, privateKey: pulumi.secret(privateKey ?? "") } };
}

/** What the first host prints. */
async function documentOf(spec: ClusterSpec): Promise<string> {
  const [host] = spec.hosts;
  const { program } = questionsFor(spec, host!);
  const dial = (await dialler(spec.ssh))(host!);
  const answer = await runSession({ ...dial, command: commandFor(spec.ssh.user, 60), input: program, limits: LIMITS });
  if ("silence" in answer) throw new Error(answer.detail);
  return answer.output;
}

function manyHosts(spec: ClusterSpec, { port, hostKey, clientKey }: Server): ClusterSpec {
  const [first] = spec.hosts;
  const hosts = Array.from({ length: MANY }, (_, index) => ({
    ...first!,
    name: `h${index}`,
    sshHost: "127.0.0.1",
    hostKey,
  }));
  return { ...spec, hosts, ssh: { ...spec.ssh, port, privateKey: pulumi.secret(clientKey) } };
}
