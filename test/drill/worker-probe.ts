/**
 * A process that asks an API until its input ends, then prints every attempt as JSON. It is started in the network of a
 * host, so that it sees what a client there sees; the first line of its input says how to reach the API.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";

import type { Access } from "../load/access";
import { Connections, Probe } from "../load/probe";

/** New connections are waited for longer than a client would: a stall is to be seen as long as it is. */
const FRESH_TIMEOUT_MS = 5000;

async function main(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const access = JSON.parse(String((await lines.next()).value)) as Access;
  const delay = monitorEventLoopDelay();
  delay.enable();
  const fresh = new Probe(access, Connections.New, { timeoutMs: FRESH_TIMEOUT_MS });
  const kept = new Probe(access, Connections.Kept);
  process.stdout.write("asking\n");
  await lines.next();
  await Promise.all([fresh.stop(), kept.stop()]);
  const report = { fresh: fresh.attempts, kept: kept.attempts, stalledMs: delay.max / 1e6 };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
