/** Prints what a load has seen, with the goals, and what was in work when something failed. */
import type { Break } from "../load/follower";
import type { Availability, Gap } from "../load/gaps";
import type { LoadReport } from "../load/load";
import type { Step } from "./events";
import { figure, seconds } from "./figures";

/** Goals and, beside them, what stock commands did to the same hosts: facts of a drilled upgrade from 1.35 to 1.36. */
const GAP_NOTE = "goal 1.0 s; stock commands 2.3 s, 3 of 1989 failed";

export function printLoad(report: LoadReport, steps: Step[]): void {
  const { fresh, kept, writes, watch, logs, workload, stalledMs, problems } = report;
  console.log(`\nload, ${seconds(report.to - report.from)}`);
  service("API, new connections", fresh, GAP_NOTE);
  figure("  slowest answer", seconds(fresh.slowestMs));
  service("API, one kept connection", kept, GAP_NOTE);
  figure("  slowest answer", seconds(kept.slowestMs));
  figure("  broken connections", String(kept.brokenConnections));
  figure("writes acknowledged", String(writes.acknowledged));
  figure("  lost", String(writes.lost.length), "goal 0");
  figure("  longest gap", seconds(writes.longestGapMs), `${writes.failed} attempts without an answer, repeated`);
  figure("watch: broken streams", String(watch.breaks.length), `${watch.events} events, ${watch.relists} lists anew`);
  figure("  events missed", String(watch.missed.length), "goal 0");
  figure("logs -f: broken streams", String(logs.breaks.length), `${logs.lines} lines`);
  figure("workload errors", `${workload.failed} of ${workload.requests}`, "goal 0");
  figure("  longest gap", seconds(workload.longestGapMs));
  figure("longest stall of the load itself", seconds(stalledMs));

  const incidents = [
    ...gapIncidents("new", fresh.gaps),
    ...gapIncidents("kept", kept.gaps),
    ...gapIncidents("write", writes.gaps),
    ...breakIncidents("watch", watch.breaks),
    ...breakIncidents("logs", logs.breaks),
    ...Object.entries(workload.clients).flatMap(([node, { gaps }]) => gapIncidents(`from ${node}`, gaps)),
  ].sort((a, b) => a.from - b.from);
  if (incidents.length > 0) console.log("\nwhat failed, seconds since the load began, and what was in work then");
  for (const { who, from, to, what } of incidents) {
    const at = ((from - report.from) / 1000).toFixed(1).padStart(7);
    console.log(`${at}  ${who.padEnd(10)} ${what}   [${inWork(steps, from, to).join(", ") || "nothing"}]`);
  }
  for (const problem of problems) console.log(`not measured: ${problem}`);
}

function service(name: string, { longestGapMs, outageMs, sent, failed }: Availability, note: string): void {
  figure(`${name}: longest gap`, seconds(longestGapMs), note);
  figure("  outage in all", seconds(outageMs), `${failed} of ${sent} failed`);
}

/** Names of the steps that were in work at some moment of a span of milliseconds; an event's second is its whole second. */
export function inWork(steps: Step[], from: number, to: number): string[] {
  return steps
    .filter((step) => step.from * 1000 <= to && ((step.to ?? Infinity) + 1) * 1000 > from)
    .map(({ name }) => name);
}

interface Incident {
  who: string;
  from: number;
  to: number;
  what: string;
}

function gapIncidents(who: string, gaps: Gap[]): Incident[] {
  return gaps.map(({ from, to, failed, errors }) => {
    return { who, from, to, what: `${seconds(to - from)}, ${failed} failed: ${errors.join("; ")}` };
  });
}

function breakIncidents(who: string, breaks: Break[]): Incident[] {
  return breaks.map(({ at, why }) => ({ who, from: at, to: at, what: `stream broken: ${why}` }));
}
