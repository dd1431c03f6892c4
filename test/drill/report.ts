/** Shows what drills found, and keeps it. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { table } from "../../lab/status";
import { availability } from "../load/gaps";
import type { Drill, Seen } from "./drill";
import { impatient } from "./figures";
import { holderSpans } from "./holders";
import { commonCriteria, limitOf } from "./judge";
import type { Result } from "./run";

/** Every drill with its fault and its limits. */
export function listing(drills: Drill[]): string {
  return drills
    .map((drill) => {
      const own = drill.criteria.map((criterion) => `         ${limitOf(criterion).padEnd(12)} ${criterion.what}\n`);
      return `${drill.name.padEnd(8)} ${drill.title}\n         ${drill.injection}\n${own.join("")}`;
    })
    .concat(drills[0] ? [`\nand for each: ${common(drills[0])}\n`] : [])
    .join("");
}

function common(drill: Drill): string {
  return commonCriteria(drill)
    .map((criterion) => `${criterion.what} ${limitOf(criterion)}`)
    .join("; ");
}

/** A result as lines: each criterion with what was measured, then what else was seen. */
export function lines(result: Result): string {
  const rows = result.verdicts.map(({ what, limit, measured, pass }) => [
    pass ? "  pass" : "  FAIL",
    measured,
    limit,
    what,
  ]);
  const errors = result.errors.map((error) => `  error: ${error}\n`);
  const load = `load average ${result.load.map((one) => one.toFixed(1)).join(" → ")}`;
  const also = result.seen ? alsoSeen(result.seen).map((text) => `  ${text}\n`) : [];
  const head = `${result.drill} ${result.title}: ${word(result)} (${load})\n`;
  return [head, rows.length > 0 ? table(rows) : "", ...errors, ...also].join("");
}

/** A row for every drill. */
export function summary(results: Result[], left: string[]): string {
  const rows = results.map((result) => {
    const failed = result.verdicts.filter(({ pass }) => !pass).map(({ what, measured }) => `${what}: ${measured}`);
    const why = [...failed, ...result.errors.map((error) => error.split("\n")[0]!)].join("; ");
    return [result.drill, word(result), result.load[1].toFixed(1), result.title, why];
  });
  const notRun = left.map((name) => [name, "not run", "", "", "the cluster was left broken, and up did not mend it"]);
  return table([["DRILL", "RESULT", "LOAD", "FAULT", "WHAT FAILED"], ...rows, ...notRun]);
}

/** Where in the lab's state the results of a run go that begins now. */
export function resultsFile(folder: string): string {
  return join(folder, "drills", `${new Date().toISOString().replace(/[:.]/g, "-")}.json`);
}

/** Writes all results so far. A run takes hours, and is not to lose those that it had when it is cut off. */
export function keep(file: string, results: Result[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(results.map(withoutSamples), null, 2)}\n`);
  renameSync(`${file}.part`, file);
}

/** The attempts one by one are thousands; their gaps tell all that matters. */
function withoutSamples({ seen, ...result }: Result): object {
  if (!seen) return result;
  const { fresh, kept, holders, ...rest } = seen;
  const spans = holderSpans(holders);
  return { ...result, ...rest, fresh: availability(impatient(fresh)), kept: availability(kept), holders: spans };
}

function word({ pass }: Result): string {
  return pass ? "pass" : "FAIL";
}

function alsoSeen({ fresh, kept, load, holders, injected, stalledMs, figures }: Seen): string[] {
  if (!load) return [];
  const at = (ms: number) => `${((ms - injected) / 1000).toFixed(1)} s`;
  const gap = ({ from, to, failed, errors }: { from: number; to: number; failed: number; errors: string[] }) =>
    `${at(from)} to ${at(to)} (${failed} failed: ${errors.slice(0, 3).join("; ")})`;
  const gaps = (name: string, list: Parameters<typeof gap>[0][]) =>
    list.length === 0 ? [] : [`${name}: ${list.slice(0, 6).map(gap).join(", ")}`];
  const breaks = (name: string, list: { at: number; why: string }[]) =>
    list.length === 0 ? [] : [`${name} broken: ${list.map((one) => `${at(one.at)} ${one.why}`).join(", ")}`];
  const early = impatient(fresh).filter(({ ended }) => ended < injected);
  return [
    // The machine's own noise.
    `before the fault ${early.filter(({ error }) => error !== undefined).length} of ${early.length} new connections failed`,
    ...gaps("new connections away", availability(impatient(fresh)).gaps),
    ...gaps("kept connection away", availability(kept).gaps),
    ...gaps("from this machine, new connections away", load.fresh.gaps),
    ...gaps("writes away", load.writes.gaps),
    ...breaks("watch", load.watch.breaks),
    ...breaks("logs -f", load.logs.breaks),
    ...Object.entries(load.workload.clients).flatMap(([node, { gaps: own }]) => gaps(`Service from ${node} away`, own)),
    `virtual IP: ${holderSpans(holders)
      .filter(({ to }) => to > injected)
      .map(({ from, holders: names }) => `${at(Math.max(from, injected))} ${names.join("+") || "nobody"}`)
      .join(", ")}`,
    ...Object.entries(figures).map(([name, value]) => `${name}: ${value ?? "never"}`),
    ...load.problems.map((problem) => `not measured: ${problem}`),
    `the prober itself stood still for at most ${(stalledMs / 1000).toFixed(2)} s`,
  ];
}
