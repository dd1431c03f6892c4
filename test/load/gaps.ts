/** Arithmetic over attempts to reach a service: how long it was away. Pure. */

/** One attempt. Times are milliseconds since 1970. */
export interface Attempt {
  sent: number;
  ended: number;
  /** Why it failed; undefined for a success. */
  error?: string;
}

/**
 * One run of failed attempts, from the sending of the last success before it to the first answer to what was sent after
 * it: an upper bound of the outage, too long by at most one interval and two answers.
 */
export interface Gap {
  from: number;
  to: number;
  failed: number;
  /** Each reason once. */
  errors: string[];
}

export interface Availability {
  sent: number;
  failed: number;
  longestGapMs: number;
  /** Time inside any gap; where two gaps overlap it counts once. */
  outageMs: number;
  gaps: Gap[];
}

/** Gaps in the order of sending. Without a success on one side, a gap starts or ends with its own attempts. */
export function gapsOf(attempts: Attempt[]): Gap[] {
  const gaps: Gap[] = [];
  let before: Attempt | undefined;
  let open: Gap | undefined;
  const ordered = [...attempts].sort((a, b) => a.sent - b.sent);
  const answered = firstAnswers(ordered);
  ordered.forEach((attempt, index) => {
    const { sent, ended, error } = attempt;
    if (error === undefined) {
      if (open) open.to = answered[index]!;
      open = undefined;
      before = attempt;
      return;
    }
    if (!open) gaps.push((open = { from: before?.sent ?? sent, to: ended, failed: 0, errors: [] }));
    open.to = Math.max(open.to, ended);
    open.failed += 1;
    if (!open.errors.includes(error)) open.errors.push(error);
  });
  return gaps;
}

/** For each attempt, when the first success among it and those sent after it was answered. */
function firstAnswers(ordered: Attempt[]): number[] {
  let first = Infinity;
  return [...ordered]
    .reverse()
    .map(({ ended, error }) => (error === undefined ? (first = Math.min(first, ended)) : first))
    .reverse();
}

export function availability(attempts: Attempt[]): Availability {
  const gaps = gapsOf(attempts);
  let outageMs = 0;
  let end = -Infinity;
  for (const { from, to } of gaps) {
    outageMs += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return {
    sent: attempts.length,
    failed: attempts.filter(({ error }) => error !== undefined).length,
    longestGapMs: Math.max(0, ...gaps.map(({ from, to }) => to - from)),
    outageMs,
    gaps,
  };
}
