/**
 * A process that asks an API until its input ends, then prints every attempt as JSON. It is started in the network of a
 * host, so that it sees what a client there sees; the first line of its input says how to reach the API, each further one
 * asks for its end of the kept connection.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";

import type { Access } from "../load/access";
import { Connections, Probe } from "../load/probe";
import { Source } from "./sources";

/** New connections are waited for longer than a client would: a stall is to be seen as long as it is. */
const FRESH_TIMEOUT_MS = 5000;

/** A probe's ordinary question; the API server takes no notice of the rest, by which it is known here. */
const KEPT_PATH = "/api/v1/namespaces/default?kept";

async function main(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const access = JSON.parse(String((await lines.next()).value)) as Access;
  const delay = monitorEventLoopDelay();
  delay.enable();
  const fresh = new Probe(access, Connections.New, { timeoutMs: FRESH_TIMEOUT_MS });
  const source = new Source((path) => path === KEPT_PATH);
  const kept = new Probe(access, Connections.Kept, { path: KEPT_PATH });
  process.stdout.write("asking\n");
  while (!(await lines.next()).done) process.stdout.write(`${source.address ?? ""}\n`);
  await Promise.all([fresh.stop(), kept.stop()]);
  const report = { fresh: fresh.attempts, kept: kept.attempts, stalledMs: delay.max / 1e6 };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
