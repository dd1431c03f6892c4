/** Judges what was seen of a drill by its criteria. Pure. */
import { type Criterion, type Drill, type Seen, Unit } from "./drill";
import { mostNotReady } from "./figures";
import { settledAfter } from "./holders";

/** A criterion and what was measured. */
export interface Verdict {
  what: string;
  /** `≤ 2 s`. */
  limit: string;
  /** `1.3 s`; `not measured`. */
  measured: string;
  pass: boolean;
  timed: boolean;
}

const HEAL_S = 180;

/** What holds for every drill. */
export function commonCriteria(drill: Drill): Criterion[] {
  const healthy: Criterion[] = [
    {
      what: "everything healthy again",
      unit: Unit.Seconds,
      of: ({ healedS }) => healedS,
      atMost: drill.heal ?? HEAL_S,
    },
    { what: "etcd members whose data differs", unit: Unit.Count, of: differing, atMost: 0 },
  ];
  if (drill.unmeasured) return healthy;
  return [
    ...healthy,
    { what: "acknowledged writes lost", unit: Unit.Count, of: ({ load }) => load?.writes.lost.length, atMost: 0 },
    { what: "writes acknowledged", unit: Unit.Count, of: ({ load }) => load?.writes.acknowledged, atLeast: 1 },
    { what: "events that the watch missed", unit: Unit.Count, of: ({ load }) => load?.watch.missed.length, atMost: 0 },
    {
      what: "failed requests to the Service",
      unit: Unit.Count,
      of: ({ load }) => load?.workload.failed,
      atMost: 0,
      timed: true,
    },
    { what: "other nodes not ready", unit: Unit.Count, of: mostNotReady, atMost: drill.mayBeNotReady ?? 0 },
    { what: "holders of the virtual IP at the end", unit: Unit.Count, of: holdersAtEnd, atMost: 1, atLeast: 1 },
    {
      what: "things that could not be measured",
      unit: Unit.Count,
      of: ({ load }) => load?.problems.length,
      atMost: 0,
      timed: true,
    },
  ];
}

/** The drill's own criteria first. */
export function judge(drill: Drill, seen: Seen): Verdict[] {
  return [...drill.criteria, ...commonCriteria(drill)].map((criterion) => verdict(criterion, criterion.of(seen)));
}

/** Limits count as they are written: nothing is rounded before it is compared. */
export function verdict(criterion: Criterion, measured: number | undefined): Verdict {
  const { what, unit, atMost = Infinity, atLeast = -Infinity, timed = false } = criterion;
  const pass = measured !== undefined && !Number.isNaN(measured) && measured <= atMost && measured >= atLeast;
  return { what, limit: limitOf(criterion), measured: show(measured, unit), pass, timed };
}

/** `≤ 2 s`, `≥ 1`, `= 0`. */
export function limitOf({ unit, atMost, atLeast }: Criterion): string {
  if (atMost !== undefined && atMost === atLeast) return `= ${withUnit(atMost, unit)}`;
  const parts = [
    ...(atLeast === undefined ? [] : [`≥ ${withUnit(atLeast, unit)}`]),
    ...(atMost === undefined ? [] : [`≤ ${withUnit(atMost, unit)}`]),
  ];
  return parts.join(", ");
}

function show(measured: number | undefined, unit: Unit): string {
  if (measured === undefined) return "not measured";
  return withUnit(unit === Unit.Count ? measured : Number(measured.toFixed(2)), unit);
}

function withUnit(value: number, unit: Unit): string {
  return unit === Unit.Count ? String(value) : `${value} ${unit}`;
}

/** Members whose hash is not that of the first one; undefined without any. */
function differing({ hashes }: Seen): number | undefined {
  const [first, ...others] = Object.values(hashes);
  return first === undefined ? undefined : others.filter((hash) => hash !== first).length;
}

function holdersAtEnd({ holders, undone }: Seen): number | undefined {
  return settledAfter(holders, undone) === undefined ? undefined : 1;
}
