/** Prints figures side by side, and measures a process with its children. */
import { readdirSync, readFileSync } from "node:fs";

/** Seconds with one decimal. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** One aligned line of a result. */
export function figure(name: string, value: string, note = ""): void {
  console.log(`${name.padEnd(44)}${value.padStart(10)}${note && `   ${note}`}`);
}

/** Runs something and says how long it took, in milliseconds. */
export async function timed<T>(act: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await act();
  return { ms: performance.now() - start, result };
}

/** The middle of a sorted list. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Samples the resident memory of this process's descendants until stopped; answers the peak of their sum, in bytes. */
export function watchMemory(): () => number {
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, descendantsMemory(process.pid))), 250);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

function descendantsMemory(root: number): number {
  const parents = new Map<number, { parent: number; resident: number }>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      parents.set(Number(entry), { parent: Number(fields[1]), resident: Number(fields[21]) * 4096 });
    } catch {
      // It has ended since the folder was read.
    }
  }
  const below = (pid: number): boolean => {
    const found = parents.get(pid);
    return found !== undefined && (found.parent === root || (found.parent > 1 && below(found.parent)));
  };
  return [...parents].filter(([pid]) => below(pid)).reduce((sum, [, { resident }]) => sum + resident, 0);
}
