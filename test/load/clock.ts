/** Milliseconds since 1970 that only ever go forward, so that a corrected clock makes no gap. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
