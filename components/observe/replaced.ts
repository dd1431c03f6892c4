/** Machines that stand in the place of hosts that the cluster knew. Pure. */
import { createHash } from "node:crypto";

import { isNode } from "../spec/topology";
import { HostState, type ClusterSpec, type HostSpec } from "../spec/types";
import type { HostFacts, Observations } from "./facts";
import { knows, Question } from "./questions";

/**
 * The specification with the hosts marked that answer under a known name and are no part of the cluster: their machine
 * was replaced, and what happened to the old one once has to happen to the new one. It stays so until a run has
 * come to its end there.
 */
export function asFound(spec: ClusterSpec, observations: Observations = new Map()): ClusterSpec {
  return {
    ...spec,
    hosts: spec.hosts.map((host) => {
      const facts = observations.get(host.name)?.facts;
      if (!host.settled || host.state === HostState.Maintenance || facts === undefined || !isFresh(spec, host, facts))
        return host;
      return { ...host, settled: false, replacedBy: machine(host, facts) };
    }),
  };
}

function isFresh(spec: ClusterSpec, host: HostSpec, facts: HostFacts): boolean {
  const last = isNode(host) ? `${spec.name}-${host.name}-kubelet` : `${spec.name}-etcd-${host.name}-member`;
  // A machine that could not say whether it is part is not known to be fresh.
  if (!knows(facts, Question.Files, isNode(host) ? Question.Registered : Question.Etcd)) return false;
  const isPart = isNode(host) ? facts.registered === true : facts.etcd !== undefined;
  return !isPart && !facts.commands.some(({ resource }) => resource === last);
}

/** Twelve digits that another installation would not have: copies of one disk have one machine id. */
function machine(host: HostSpec, { machineId }: HostFacts): string {
  return createHash("sha256").update(`${machineId} ${host.hostKey}`).digest("hex").slice(0, 12);
}
