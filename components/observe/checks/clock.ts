/** Clocks agree: certificates begin by this machine's, and etcd compares its members'. */
import { check, everyHost, onHost, seen, Severity, Weight, type Check, type Context, type Finding } from "./check";
import { gravity } from "./running";

/** Milliseconds between a host and this machine: a certificate made now must be valid there now. */
const FROM_HERE = 5000;

/** Milliseconds between hosts, from which on etcd complains. */
const AMONG_HOSTS = 1000;

const fix = "Run a time service there (systemd-timesyncd or chrony) and let it set the clock";

export const clockChecks: Check[] = [
  check("clock-skew", "clocks agree: hosts within 1 s, this machine within 5 s", Weight.ByHost, skew),

  everyHost("clock-synchronised", "every host keeps its clock synchronised", Weight.Warning, (each) => {
    if (each.facts.clock.synchronised !== false) return [];
    const reason = "is not synchronised, so clocks drift apart until certificates and etcd suffer";
    return [onHost(each, "the clock", { reason, fix }, Severity.Warning)];
  }),
];

function skew(context: Context): Finding[] {
  const all = seen(context);
  const offsets = all.map(({ observation }) => observation.clockOffsetMs);
  const middle = [...offsets].sort((a, b) => a - b)[Math.floor((offsets.length - 1) / 2)] ?? 0;
  return all.flatMap((each): Finding[] => {
    const offset = each.observation.clockOffsetMs;
    const severity = gravity(context, each.host);
    // All hosts being off alike says more about this machine than about them.
    const words =
      Math.abs(middle) > FROM_HERE
        ? `; so is the middle of all hosts (${told(middle)} it): look at this machine's clock first`
        : "";
    if (Math.abs(offset) > FROM_HERE) {
      const reason = `is ${told(offset)} this machine's, and new certificates would not be valid when they should${words}`;
      return [onHost(each, "the clock", { reason, fix }, severity)];
    }
    if (Math.abs(offset - middle) <= AMONG_HOSTS) return [];
    const reason = `is ${told(offset - middle)} the other hosts', and etcd needs them within ${AMONG_HOSTS / 1000} s`;
    return [onHost(each, "the clock", { reason, fix }, severity)];
  });
}

function told(milliseconds: number): string {
  return `${(Math.abs(milliseconds) / 1000).toFixed(1)} s ${milliseconds > 0 ? "ahead of" : "behind"}`;
}
