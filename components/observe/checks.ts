/** What must not happen: every check of the hosts and of the running cluster, judged at once. */
import { printable } from "../spec/printable";
import { changeProblems, type Applied } from "../spec/applied";
import { isSkippable } from "../spec/checks/skips";
import { unaskedMachines } from "../spec/machines";
import type { Problem } from "../spec/problem";
import { refusal, warn, warnOfSkip } from "../spec/read";
import type { Skipped } from "../spec/sentence";
import type { ClusterSpec } from "../spec/types";
import { Severity, type Check, type Context, type Finding } from "./checks/check";
import { clusterStage, hostStage } from "./checks/stages";
import type { Observations } from "./facts";

export { Severity, type Check, type Context, type Finding } from "./checks/check";
export { clusterStage, hostStage } from "./checks/stages";

export interface Verdict {
  /** In the order of the configuration, what is about no single host first. */
  errors: Problem[];
  warnings: Problem[];
  skipped: Skipped[];
}

/** Everything found by the checks that are not skipped. Pure. */
export function judge(context: Context, stages: Check[] = [...hostStage, ...clusterStage]): Verdict {
  const skips = context.spec.skipChecks.filter(isSkippable);
  const findings = stages.filter(({ id }) => !skips.includes(id)).flatMap(({ find }) => find(context));
  const skipped = stages
    .filter(({ id }) => skips.includes(id))
    .map(({ id, name, find }) => ({ id, name, problems: inOrder(find(context)) }));
  const of = (severity: Severity) => inOrder(findings.filter((finding) => finding.severity === severity));
  return { errors: of(Severity.Error), warnings: of(Severity.Warning), skipped };
}

/**
 * Throws one error that lists everything for which nothing may be changed; warnings go to Pulumi's log and to the
 * caller. Without observations no check is judged, and only the skipped ones are named.
 */
export function assertSafe(
  spec: ClusterSpec,
  observations: Observations | undefined,
  applied: Applied | undefined,
  now = Date.now(),
): Problem[] {
  const changes = applied === undefined ? [] : changeProblems(applied, spec);
  if (observations === undefined) {
    nameSkips(spec);
    changes.push(...unaskedMachines(applied?.hosts ?? [], spec));
  }
  const { errors, warnings, skipped } = observations ? judge({ spec, observations, applied, now }) : NOTHING;
  for (const each of skipped) warnOfSkip(each);
  warnings.forEach(warn);
  // The record of the last update and the hosts mostly know the same.
  const news = errors.filter(
    ({ key, reason }) => !changes.some((one) => one.key === key && reason.startsWith(one.reason)),
  );
  const problems = [...changes, ...news];
  if (problems.length > 0) throw refusal(problems);
  return warnings;
}

const NOTHING: Verdict = { errors: [], warnings: [], skipped: [] };

function nameSkips({ skipChecks }: ClusterSpec): void {
  for (const { id, name } of [...hostStage, ...clusterStage]) {
    if (skipChecks.includes(id)) warnOfSkip({ id, name, problems: undefined });
  }
}

// Host by host, for whoever repairs one goes through all that is wrong with it.
function inOrder(findings: Finding[]): Problem[] {
  const place = ({ key }: Finding) => Number(/^hosts\[(\d+)\]/.exec(key)?.[1] ?? -1);
  return [...findings]
    .sort((a, b) => place(a) - place(b))
    .map(({ key, value, reason, fix }) => ({
      key,
      // Much of it is in the words of hosts.
      value: printable(value),
      reason: printable(reason),
      fix: printable(fix),
    }));
}
