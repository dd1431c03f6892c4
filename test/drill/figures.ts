/** Figures of what the instruments saw. Pure. Each is undefined when what it needs was not seen at all. */
import { type Attempt, type Gap, gapsOf } from "../load/gaps";
import type { Seen } from "./drill";

/** What a client waits before it counts an API as away. */
const PATIENCE_MS = 1000;

/** An answer this late comes from a second try: a dead backend costs a new connection one second. */
const DISTURBED_MS = 900;

/** Seconds over which the share of failed connections is taken. */
const SHARE_S = 30;

/** The same attempts by a client that waits no longer than this. */
export function impatient(attempts: Attempt[], patienceMs = PATIENCE_MS): Attempt[] {
  return attempts.map((attempt) => {
    const { sent, ended, error } = attempt;
    if (ended - sent <= patienceMs) return attempt;
    return { sent, ended: sent + patienceMs, error: error ?? `no answer within ${patienceMs} ms` };
  });
}

/** Seconds of the longest time without an answer on new connections that began while the fault lasted. */
export function outage({ fresh, injected, undone }: Seen): number | undefined {
  return longestGap(impatient(fresh), injected, undone);
}

/** The same for the kept connection. */
export function keptOutage({ kept, injected, undone }: Seen): number | undefined {
  return longestGap(kept, injected, undone);
}

/** The same on new connections once the fault was undone: what it costs that a host comes back. */
export function outageAfterUndo({ fresh, undone }: Seen): number | undefined {
  return longestGap(impatient(fresh), undone, Infinity);
}

/** New connections that a client with a patience of 1 s calls failed. */
export function failed({ fresh, injected }: Seen): number | undefined {
  const attempts = since(impatient(fresh), injected);
  return attempts.length === 0 ? undefined : attempts.filter(({ error }) => error !== undefined).length;
}

/** Percent of the new connections of the first 30 s that failed within the whole time that they were given, 5 s. */
export function failedShare({ fresh, injected }: Seen): number | undefined {
  return shareOfFailed(since(fresh, injected).filter(({ sent }) => sent < injected + SHARE_S * 1000));
}

/** Percent of the new connections from the fault to its undoing that failed within the whole time that they were given. */
export function failedWhileItLasts({ fresh, injected, undone }: Seen): number | undefined {
  return shareOfFailed(fresh.filter(({ sent }) => sent >= injected && sent < undone));
}

function shareOfFailed(attempts: Attempt[]): number | undefined {
  if (attempts.length === 0) return undefined;
  return (100 * attempts.filter(({ error }) => error !== undefined).length) / attempts.length;
}

/** Seconds that the slowest new connection waited for its answer, or for its failure. */
export function stall({ fresh, injected }: Seen): number | undefined {
  const attempts = since(fresh, injected);
  if (attempts.length === 0) return undefined;
  return attempts.reduce((most, { sent, ended }) => Math.max(most, ended - sent), 0) / 1000;
}

/** Seconds from the fault to the end of the last new connection that failed or was held up, before the undoing. */
export function disturbedFor({ fresh, injected, undone }: Seen): number | undefined {
  const attempts = since(fresh, injected).filter(({ sent }) => sent < undone);
  if (attempts.length === 0) return undefined;
  const disturbed = attempts.filter(({ sent, ended, error }) => error !== undefined || ended - sent > DISTURBED_MS);
  return disturbed.reduce((most, { ended }) => Math.max(most, ended - injected), 0) / 1000;
}

/** Seconds from the undoing to the first answer on a new connection that no failure follows. */
export function backAfterUndo({ fresh, undone }: Seen): number | undefined {
  const attempts = since(impatient(fresh), undone);
  if (attempts.length === 0 || attempts.at(-1)!.error !== undefined) return undefined;
  return Math.max(0, ...gapsOf(attempts).map(({ to }) => to - undone)) / 1000;
}

/** Seconds of the longest time without an acknowledged write. */
export function writesAway({ load, injected }: Seen): number | undefined {
  return load && longest(load.writes.gaps, injected);
}

/** Seconds from the fault to the last break of the watch or of the followed log that is not of our own making. */
export function streamsBroken({ load, injected }: Seen): number | undefined {
  if (!load) return undefined;
  const breaks = load.watch.breaks.filter(({ at }) => at >= injected);
  return Math.max(0, ...breaks.map(({ at }) => at - injected)) / 1000;
}

/** Watches that a server or the network ended; one that was given up for its silence is none of them. */
export function watchesCut({ load, injected }: Seen): number | undefined {
  return load?.watch.breaks.filter(({ at, why }) => at >= injected && !why.startsWith("silent")).length;
}

/** The most nodes that were not ready at one moment, without those that the drill took away. */
export function mostNotReady({ notReady, off }: Seen): number | undefined {
  if (notReady.length === 0) return undefined;
  return Math.max(...notReady.map(({ nodes }) => nodes.filter((name) => !off.includes(name)).length));
}

function since(attempts: Attempt[], at: number): Attempt[] {
  // One success from before, so that a gap has a beginning.
  const before = attempts.filter(({ ended }) => ended < at).sort((a, b) => a.sent - b.sent);
  const after = attempts.filter(({ ended }) => ended >= at);
  return after.length === 0 ? [] : [...before.slice(-1), ...after];
}

/** Of the gaps that last beyond the one moment and begin before the other. */
function longestGap(attempts: Attempt[], from: number, to: number): number | undefined {
  const concerned = since(attempts, from);
  if (concerned.length === 0) return undefined;
  return longest(
    gapsOf(concerned).filter((gap) => gap.from < to),
    from,
  );
}

function longest(gaps: Gap[], from: number): number {
  return Math.max(0, ...gaps.filter(({ to }) => to >= from).map((gap) => gap.to - gap.from)) / 1000;
}
