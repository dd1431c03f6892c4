/** The record of the last complete update, kept among the stack's outputs: read before anything is declared. */
import * as pulumi from "@pulumi/pulumi";
import { appliedOf, parseApplied, parseCommands, type Applied, type Commands } from "./applied";
import { leavingHosts } from "./leaving";
import { formatProblem } from "./problem";
import { hasRole } from "./topology";
import { HostState, Role, type ClusterSpec, type LeavingHost } from "./types";

/** Name of the stack output. */
const OUTPUT = "applied";

/** What the last complete update left behind; all of it empty before the first. */
export interface LastUpdate {
  applied: Applied | undefined;
  commands: Commands;
}

/** Reads the stack's own outputs. A record that is not understood counts as none, with a warning. */
export async function lastUpdate(): Promise<LastUpdate> {
  const recorded = (await previousOutputs())[OUTPUT];
  const applied = parseApplied(recorded);
  if (recorded !== undefined && applied === undefined) void pulumi.log.warn(formatProblem(unreadable));
  return { applied, commands: applied === undefined ? {} : parseCommands(recorded) };
}

/** The specification, with the hosts marked that are part of the last complete update, and those that leave. */
export function settledBy(last: LastUpdate, spec: ClusterSpec): ClusterSpec {
  const before = last.applied?.hosts ?? [];
  return {
    ...spec,
    hosts: spec.hosts.map((host) => {
      const known = before.find(({ name }) => name === host.name);
      return { ...host, settled: known !== undefined, rested: known?.state === HostState.Maintenance };
    }),
    leaving: leavingHosts(before, spec).map(leavingOf),
    departed: departedBy(last, spec),
  };
}

/** The control planes that left last: in this update or, when none does, before. One that is back is none. */
export function departedBy({ applied }: LastUpdate, spec: Pick<ClusterSpec, "hosts">): LeavingHost[] {
  const leaving = leavingHosts(applied?.hosts ?? [], spec).filter((host) => hasRole(host, Role.ControlPlane));
  return leaving.length > 0 ? leaving.map(leavingOf) : leavingHosts(applied?.departed ?? [], spec);
}

function leavingOf({ name, ip, sshHost, hostKey, roles }: LeavingHost): LeavingHost {
  return { name, ip, sshHost, hostKey, roles };
}

/**
 * The record for the stack output `applied`: there only once all of `gates` are done, so never of a run cut short. A
 * secret for the sake of readers: hundreds of lines that say nothing to them.
 */
export function recordAfter(
  gates: pulumi.Resource[],
  spec: ClusterSpec,
  commands: Commands,
): pulumi.Output<Applied & { commands: Commands }> {
  return pulumi.secret(pulumi.all(gates.map(({ urn }) => urn)).apply(() => ({ ...appliedOf(spec), commands })));
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
