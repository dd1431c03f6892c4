/** Workers in lanes: one of each lane at a time, so that no more are out of service at once than may be. Pure. */
import type { HostSpec, RolloutSpec } from "./types";

/**
 * The hosts in at most `maxUnavailable` lanes, dealt out one by one: of n lanes, lane k holds hosts k, k + n, k + 2n, ….
 * Within a lane each host waits for the one before it; no lane is empty.
 */
export function lanes(hosts: HostSpec[], maxUnavailable: RolloutSpec["maxUnavailable"]): HostSpec[][] {
  const count = Math.min(hosts.length, atOnce(hosts.length, maxUnavailable));
  return Array.from({ length: count }, (_, lane) => hosts.filter((_host, index) => index % count === lane));
}

/** How many of `total` may be out of service at once: a percentage is rounded down, and never below 1. */
function atOnce(total: number, maxUnavailable: RolloutSpec["maxUnavailable"]): number {
  if (typeof maxUnavailable === "number") return maxUnavailable;
  return Math.max(1, Math.floor((total * Number.parseInt(maxUnavailable, 10)) / 100));
}
