/** How all outputs put things: hosts, times, the state of the cluster. Pure. */
import { hasHaproxy } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import type { Expiry, Plan, PlanStep } from "./types";

/** From so many in a row on, only the first and the last are named. */
const FOLD_FROM = 4;

/** `all hosts`, `cp1 cp2 cp3`, `w1…w12 w20`. */
export function hostWords(names: string[], all: string[]): string {
  if (names.length > 1 && names.length === all.length && all.every((name) => names.includes(name))) return "all hosts";
  const words: string[] = [];
  for (let start = 0; start < names.length;) {
    let end = start;
    while (end + 1 < names.length && follows(names[end]!, names[end + 1]!)) end += 1;
    const run = names.slice(start, end + 1);
    words.push(...(run.length >= FOLD_FROM ? [`${run[0]}…${run.at(-1)}`] : run));
    start = end + 1;
  }
  return words.join(" ");
}

/** `w9` and `w10`. */
function follows(name: string, next: string): boolean {
  const [one, other] = [name, next].map((text) => /^(.*?)(\d{1,9})$/.exec(text));
  return !!one && !!other && one[1] === other[1] && Number(one[2]) + 1 === Number(other[2]);
}

/** In the order of the configuration, so that neighbours stand together. */
export function stepHosts(step: PlanStep, plan: Plan): string {
  const all = plan.hosts.map(({ name }) => name);
  const own = all.filter((name) => step.hosts.includes(name));
  const others = step.hosts.filter((name) => !own.includes(name));
  return hostWords([...own, ...others], all);
}

/** What stands for the virtual IP on a control plane. */
export function endpointNames(api: ClusterSpec["api"]): string {
  return hasHaproxy(api) ? "HAProxy and keepalived" : "keepalived";
}

/** `3 control planes`, `1 worker`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `v1.35.4 → v1.36.3`, of the versions that change; every version when none does. */
export function versionWords(plan: Plan): string[] {
  const changing = plan.versions.filter(({ now, wanted }) => now.some((version) => !sameVersion(version, wanted)));
  const shown = changing.length > 0 ? changing : plan.versions;
  return shown.map(({ component, now, wanted }) => {
    const before = now.filter((version) => !sameVersion(version, wanted));
    return before.length > 0 ? `${component} ${now.join(", ")} → ${wanted}` : `${component} ${wanted}`;
  });
}

export function sameVersion(a: string, b: string): boolean {
  return a.replace(/^v/, "") === b.replace(/^v/, "");
}

export function healthWords(plan: Plan): string {
  if (!plan.observed) return "hosts not asked";
  if (plan.problems.length > 0) return count(plan.problems.length, "problem");
  return plan.build ? "every host answers" : "all healthy";
}

/** `3 control planes · 3 etcd · 12 workers · all healthy · last snapshot 12 min ago`. */
export function stateWords(plan: Plan): string[] {
  const { controlPlanes, members, workers } = plan.counts;
  const resting = plan.hosts.filter(({ maintenance }) => maintenance);
  return [
    count(controlPlanes, "control plane"),
    `${members} etcd`,
    count(workers, "worker"),
    ...(resting.length > 0 ? [`${resting.length} in maintenance`] : []),
    ...(plan.lost.length > 0 ? [`${plan.lost.length} lost`] : []),
    healthWords(plan),
    ...(plan.lastSnapshot ? [`last snapshot ${ago(plan.lastSnapshot, plan.made)}`] : []),
  ];
}

export function ago(when: string, now: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(now) - Date.parse(when)) / 60_000));
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`;
}

/** `in 41 days`, `today`, `3 days ago`. */
export function inDays(days: number): string {
  if (days === 0) return "today";
  return days > 0 ? `in ${count(days, "day")}` : `${count(-days, "day")} ago`;
}

/** The date alone. */
export function day(iso: string): string {
  return iso.slice(0, 10);
}

export function expiryWords({ what, hosts, when, days, due }: Expiry, all: string[]): string {
  const verb = days < 0 ? "ended" : "ends";
  const renewal = days < 0 ? "" : due ? ", an update renews it" : "";
  return `${what} of ${hostWords(hosts, all)} ${verb} ${inDays(days)} (${day(when)})${renewal}`;
}

/** What the plan comes to, in one sentence. */
export function summary(plan: Plan): string {
  const others = plan.others?.length ?? 0;
  if (plan.steps.length === 0 && others === 0) return "nothing to do: every host is as the configuration wants it";
  const hosts = new Set(plan.steps.flatMap((step) => step.hosts)).size;
  const steps = plan.steps.length > 0 ? [`${count(plan.steps.length, "step")} on ${count(hosts, "host")}`] : [];
  const rest = others > 0 ? [`${count(others, "other resource")} ${others === 1 ? "changes" : "change"}`] : [];
  return [...steps, ...rest].join(", ");
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
