/** The record of the last complete update, kept among the stack's outputs: read before anything is declared. */
import * as pulumi from "@pulumi/pulumi";
import { appliedOf, changeProblems, parseApplied, type Applied } from "./applied";
import { formatProblem } from "./problem";
import { refusal } from "./read";
import type { ClusterSpec } from "./types";

/** Name of the stack output. */
const OUTPUT = "applied";

/**
 * The specification, beside what this stack last applied: knows which hosts are settled. Throws one error that lists
 * every change that cannot be done in one update. Asks no host; a stack that was never updated to the end refuses nothing.
 */
export async function comparedWithLast(spec: ClusterSpec): Promise<ClusterSpec> {
  const recorded = (await previousOutputs())[OUTPUT];
  if (recorded === undefined) return spec;
  const applied = parseApplied(recorded);
  if (applied === undefined) void pulumi.log.warn(formatProblem(unreadable));
  const problems = applied === undefined ? [] : changeProblems(applied, spec);
  if (problems.length > 0) throw refusal(problems);
  const known = new Set(applied?.hosts.map(({ name }) => name));
  return { ...spec, hosts: spec.hosts.map((host) => ({ ...host, settled: known.has(host.name) })) };
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
