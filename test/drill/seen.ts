/** A drill that went well, to be spoilt one thing at a time. */
import type { Attempt } from "../load/gaps";
import type { LoadReport } from "../load/load";
import type { Seen } from "./drill";
import type { HolderSample } from "./holders";

const INJECTED = 10_000;
const UNDONE = 40_000;
const END = 60_000;

/** Attempts every 100 ms, each answered after 5 ms. */
export function answered(from = 0, to = END): Attempt[] {
  return Array.from({ length: (to - from) / 100 }, (_, index) => {
    const sent = from + index * 100;
    return { sent, ended: sent + 5 };
  });
}

/** cp1 has the address; after `moved` cp2 has it. */
export function heldBy(moved = Infinity): HolderSample[] {
  return ["cp1", "cp2", "cp3"].flatMap((host) =>
    Array.from({ length: END / 200 }, (_, index) => {
      const at = index * 200;
      return { at, host, holds: host === (at >= moved ? "cp2" : "cp1") };
    }),
  );
}

export function goodLoad(): LoadReport {
  const always = { sent: 100, failed: 0, longestGapMs: 0, outageMs: 0, gaps: [] };
  const probe = { ...always, slowestMs: 5, brokenConnections: 0 };
  return {
    from: 0,
    to: END,
    fresh: probe,
    kept: probe,
    writes: { ...always, acknowledged: 100, lost: [] },
    watch: { breaks: [], events: 100, missed: [], relists: 0 },
    logs: { breaks: [], lines: 100 },
    workload: { requests: 100, failed: 0, longestGapMs: 0, clients: {} },
    stalledMs: 0,
    problems: [],
  };
}

export function goodSeen(changes: Partial<Seen> = {}): Seen {
  return {
    injected: INJECTED,
    undone: UNDONE,
    fresh: answered(),
    kept: answered(),
    stalledMs: 0,
    load: goodLoad(),
    holders: heldBy(),
    notReady: [{ at: INJECTED, nodes: [] }],
    off: [],
    healedS: 5,
    hashes: { cp1: "7", cp2: "7", cp3: "7" },
    figures: {},
    ...changes,
  };
}
