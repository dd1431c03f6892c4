/** The record of the last complete update, kept among the stack's outputs: read before anything is declared. */
import * as pulumi from "@pulumi/pulumi";
import { appliedOf, changeProblems, parseApplied, type Applied } from "./applied";
import { formatProblem } from "./problem";
import { refusal } from "./read";
import type { ClusterSpec } from "./types";

/** Name of the stack output. */
const OUTPUT = "applied";

/**
 * Throws one error that lists every change from what this stack last applied that cannot be done in one update.
 * Asks no host; a stack that was never updated to the end refuses nothing.
 */
export async function refuseUnsafeChanges(spec: ClusterSpec): Promise<void> {
  const recorded = (await previousOutputs())[OUTPUT];
  if (recorded === undefined) return;
  const applied = parseApplied(recorded);
  if (applied === undefined) void pulumi.log.warn(formatProblem(unreadable));
  const problems = applied === undefined ? [] : changeProblems(applied, spec);
  if (problems.length > 0) throw refusal(problems);
}

/** The record for the stack output `applied`: there only once all of `gates` are done, so never of a run cut short. */
export function recordAfter(gates: pulumi.Resource[], spec: ClusterSpec): pulumi.Output<Applied> {
  return pulumi.all(gates.map(({ urn }) => urn)).apply(() => appliedOf(spec));
}

const unreadable = {
  key: `stack output ${OUTPUT}`,
  value: "",
  reason: "is of another release of the program, so nothing was compared with the last update",
  fix: "Look closely at what the preview changes",
};

// Not a StackReference: it would be a line in every preview, and a second copy of the kubeconfig in the state.
async function previousOutputs(): Promise<Record<string, unknown>> {
  const name = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const reply: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name });
  return (reply as { outputs?: Record<string, unknown> }).outputs ?? {};
}
