/** What must not happen: every check of the change, of the hosts and of the running cluster, judged at once. */
import * as pulumi from "@pulumi/pulumi";

import { printable } from "../spec/printable";
import type { Applied } from "../spec/applied";
import { isSkippable } from "../spec/checks/skips";
import { unaskedMachines } from "../spec/machines";
import type { Problem } from "../spec/problem";
import { refusal, warn, warnOfSkip } from "../spec/read";
import type { Skipped } from "../spec/sentence";
import type { ClusterSpec } from "../spec/types";
import { Severity, type Check, type Context, type Finding } from "./checks/check";
import { changeStage, clusterStage, commandStage, hostStage } from "./checks/stages";
import type { Observations } from "./facts";

export { Severity, type Check, type Context, type Finding } from "./checks/check";
export { changeStage, clusterStage, commandStage, hostStage } from "./checks/stages";

export interface Verdict {
  /** In the order of the configuration, what is about no single host first. */
  errors: Problem[];
  warnings: Problem[];
  skipped: Skipped[];
}

/** Everything found by the checks that are not skipped. Pure. */
export function judge(context: Context, stages: Check[] = [...changeStage, ...hostStage, ...clusterStage]): Verdict {
  const skips = context.spec.skipChecks.filter(isSkippable);
  const findings = stages.filter(({ id }) => !skips.includes(id)).flatMap(({ find }) => find(context));
  const skipped = stages
    .filter(({ id }) => skips.includes(id))
    .map(({ id, name, find }) => ({ id, name, problems: inOrder(find(context)) }));
  const of = (severity: Severity) => inOrder(findings.filter((finding) => finding.severity === severity));
  return { errors: of(Severity.Error), warnings: of(Severity.Warning), skipped };
}

/** What stands against a run, and what is only said. */
export interface Judgement {
  problems: Problem[];
  warnings: Problem[];
}

/**
 * Everything for which nothing may be changed; warnings go to Pulumi's log and to the caller. Without observations the
 * change alone is judged, and the other skipped checks are named.
 */
export function examine(
  spec: ClusterSpec,
  observations: Observations | undefined,
  applied: Applied | undefined,
  now = Date.now(),
): Judgement {
  const context = { spec, observations: observations ?? new Map(), applied, now };
  const change = judge(context, changeStage);
  const seen = observations ? judge(context, [...hostStage, ...clusterStage]) : unasked(spec);
  for (const each of [...change.skipped, ...seen.skipped]) warnOfSkip(each);
  const warnings = [...change.warnings, ...seen.warnings];
  const unseen = observations ? [] : unaskedMachines(applied?.hosts ?? [], spec);
  warnings.forEach(warn);
  // The record of the last update and the hosts mostly know the same.
  const news = seen.errors.filter(
    ({ key, reason }) => !change.errors.some((one) => one.key === key && reason.startsWith(one.reason)),
  );
  return { problems: [...change.errors, ...unseen, ...news], warnings };
}

/** Throws one error that lists all of them, if there are any. */
export function assertNone(problems: Problem[]): void {
  if (problems.length > 0) throw refusal(problems);
}

/**
 * The same of what the update would run, once all of it is declared. By then an update has begun: it warns, and only a
 * preview ends.
 */
export function assertPossible(
  context: Omit<Context, "observations" | "now">,
  observations: Observations | undefined,
): void {
  if (observations === undefined) return;
  const { errors, skipped } = judge({ ...context, observations, now: Date.now() }, commandStage);
  for (const each of skipped) warnOfSkip(each);
  if (errors.length > 0 && pulumi.runtime.isDryRun()) throw refusal(errors);
  errors.forEach(warn);
}

function unasked({ skipChecks }: ClusterSpec): Verdict {
  const skips = [...hostStage, ...clusterStage, ...commandStage].filter(({ id }) => skipChecks.includes(id));
  return { errors: [], warnings: [], skipped: skips.map(({ id, name }) => ({ id, name, problems: undefined })) };
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
