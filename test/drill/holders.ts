/** Who held the virtual IP when, from samples of every control plane. Pure. */

/** What one control plane said of itself. */
export interface HolderSample {
  /** Milliseconds since 1970. */
  at: number;
  host: string;
  holds: boolean;
}

/** A time during which the same hosts held the address. */
export interface HolderSpan {
  from: number;
  to: number;
  holders: string[];
}

/** A host that said nothing for so long is taken for one that hangs; shorter silences are a busy machine's. */
export const STALE_MS = 3000;

/** Spans in the order of time, each reaching to the beginning of the next, the last one to the last sample. */
export function holderSpans(samples: HolderSample[]): HolderSpan[] {
  const ordered = [...samples].sort((a, b) => a.at - b.at);
  const held = new Map<string, number>();
  const spans: HolderSpan[] = [];
  for (const { at, host, holds } of ordered) {
    if (holds) held.set(host, at);
    else held.delete(host);
    for (const [name, last] of held) if (at - last > STALE_MS) held.delete(name);
    const holders = [...held.keys()].sort();
    const current = spans.at(-1);
    if (current) current.to = at;
    if (current?.holders.join() !== holders.join()) spans.push({ from: at, to: at, holders });
  }
  return spans;
}

/** Milliseconds after `since` until exactly one host held the address for good; undefined when the samples end before. */
export function settledAfter(samples: HolderSample[], since: number): number | undefined {
  const spans = holderSpans(samples);
  const last = spans.at(-1);
  if (!last || last.holders.length !== 1 || last.to <= since) return undefined;
  const unsettled = spans.filter(({ to, holders }) => to > since && holders.length !== 1);
  return unsettled.length === 0 ? 0 : unsettled.at(-1)!.to - since;
}

/** The longest span after `since` with more than one holder, in milliseconds. */
export function longestShared(samples: HolderSample[], since: number): number {
  return longest(samples, since, ({ holders }) => holders.length > 1);
}

/** The longest span after `since` with none, in milliseconds. */
export function longestUnheld(samples: HolderSample[], since: number): number {
  return longest(samples, since, ({ holders }) => holders.length === 0);
}

/** Milliseconds after `since` until more than one host was seen with the address; undefined: never. */
export function sharedAfter(samples: HolderSample[], since: number): number | undefined {
  const shared = holderSpans(samples).find(({ to, holders }) => to > since && holders.length > 1);
  return shared && Math.max(0, shared.from - since);
}

/** Milliseconds after `since` until a host said that it has the address; undefined: never. */
export function heldAfter(samples: HolderSample[], since: number): number | undefined {
  const times = samples.filter(({ at, holds }) => holds && at > since).map(({ at }) => at - since);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** How often the address went to another host after `since`. */
export function moves(samples: HolderSample[], since: number): number {
  const alone = holderSpans(samples)
    .filter(({ to, holders }) => to > since && holders.length === 1)
    .map(({ holders }) => holders[0]);
  return alone.filter((holder, index) => index > 0 && holder !== alone[index - 1]).length;
}

function longest(samples: HolderSample[], since: number, chosen: (span: HolderSpan) => boolean): number {
  const lengths = holderSpans(samples)
    .filter(chosen)
    .map(({ from, to }) => to - Math.max(from, since));
  return Math.max(0, ...lengths);
}
