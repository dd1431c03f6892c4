/** Asks every host for its facts: read-only, one SSH session each, in parallel. */
import type { ClusterSpec, HostSpec, SshSpec } from "../spec/types";
import { Silence, type Observation, type Observations } from "./facts";
import { readFacts, type Asked } from "./reading";
import { commandFor, questionsFor, questionsForLeaving, SCRIPT_SECONDS, type Questions } from "./script";
import { runSession, type SessionArgs, type SessionLimits, type SessionResult } from "./session";

/** Sessions at once: each waits for its host most of the time. */
const MOST_SESSIONS = 128;

export const LIMITS: SessionLimits = {
  connectMs: 10_000,
  loginMs: 20_000,
  // A little longer than the host itself.
  commandMs: (SCRIPT_SECONDS + 8) * 1000,
  outputBytes: 4 * 2 ** 20,
};

/** Of those that leave most are dead, and little is lost with what they would say. */
const BRIEFLY = { connectMs: 3_000, loginMs: 5_000, commandMs: 8_000 };

/** What every host of the configuration says of itself, in the configuration's order, and those that leave. */
export async function observe(spec: ClusterSpec, limits: SessionLimits = LIMITS): Promise<Observations> {
  const dial = await dialler(spec.ssh);
  const ask = async (host: Reached, { program, asked }: Questions, within: SessionLimits) => {
    const command = commandFor(spec.ssh.user, SCRIPT_SECONDS);
    return observationOf(asked, await runSession({ ...dial(host), command, input: program, limits: within }));
  };
  // An older record has no host key, and nobody is talked to without one.
  const known = spec.leaving.filter(({ hostKey }) => hostKey !== "");
  const [staying, leaving] = await Promise.all([
    askAll(spec.hosts, (host) => ask(host, questionsFor(spec, host), limits)),
    askAll(known, (host) => ask(host, questionsForLeaving(host), { ...limits, ...BRIEFLY })),
  ]);
  return Object.assign(staying, { leaving });
}

/** What it takes to reach a host. */
type Reached = Pick<HostSpec, "sshHost" | "hostKey">;

async function askAll<T extends { name: string }>(
  hosts: T[],
  ask: (host: T) => Promise<Observation>,
): Promise<Map<string, Observation>> {
  const observations = new Map<string, Observation>();
  // A host's place in the answer is its place in the configuration, not in time.
  for (const { name } of hosts) observations.set(name, silent(name, Silence.Unreachable, "not asked"));
  await eachOf(hosts, MOST_SESSIONS, async (host) => {
    observations.set(host.name, await ask(host));
  });
  return observations;
}

/** How to reach a host of the configuration. */
export type Dial = (host: Reached) => Omit<SessionArgs, "command" | "input" | "limits">;

export async function dialler(ssh: SshSpec): Promise<Dial> {
  const { port, user } = ssh;
  const privateKey = await known(ssh.privateKey);
  const agent = ssh.agent ? process.env.SSH_AUTH_SOCK : undefined;
  return ({ sshHost, hostKey }) => ({ host: sshHost, port, user, hostKey, privateKey, agent });
}

/** What came of asking one host. */
export function observationOf(asked: Asked, result: SessionResult): Observation {
  if ("silence" in result) return silent(asked.name, result.silence, result.detail);
  try {
    const facts = readFacts(result.output, asked);
    const clockOffsetMs = offset(facts.clock.epochMs, result.askedMs, result.answeredMs);
    return { host: asked.name, facts, silence: undefined, detail: "", clockOffsetMs };
  } catch (error) {
    return silent(asked.name, Silence.Broken, faultOf(result.output, error as Error));
  }
}

function silent(host: string, silence: Silence, detail: string): Observation {
  return { host, facts: undefined, silence, detail, clockOffsetMs: 0 };
}

function faultOf(output: string, error: Error): string {
  const start = output.slice(0, 80).replace(/[^\x20-\x7e]+/g, " ");
  const why = error instanceof SyntaxError ? "no JSON document" : error.message.replace(/\s+/g, " ").slice(0, 160);
  return `${why}: ${start}`;
}

/** By how much a moment lies outside of an interval. */
function offset(moment: number, from: number, to: number): number {
  return moment < from ? moment - from : Math.max(0, moment - to);
}

async function eachOf<T>(items: T[], most: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
}

// Configuration is always known, in previews as well: this does not wait for a resource.
function known(value: SshSpec["privateKey"]): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (value === undefined) resolve(undefined);
    else value.apply(resolve);
  });
}
