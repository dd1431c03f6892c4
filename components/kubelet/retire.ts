/** How nodes leave the cluster, and how they are kept out of service. */
import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";

import { Step } from "../host/commands";
import { clusterScript } from "../host/remote";
import { readScript, type Script } from "../host/script";
import { controlPlanes, leadingControlPlanes, workers } from "../spec/topology";
import { HostState, Role, type ClusterSpec } from "../spec/types";
import { DRAIN, drainInputs, OWN } from "./kubelet";

/** What others than the node itself need to do something about it; after OWN and DRAIN. */
export const NODES = readScript(__dirname, "nodes.sh");
const LEAVE = readScript(__dirname, "leave.sh");
const RETIRE = readScript(__dirname, "retire.sh");

/** Nodes leave one by one; a run that would take longer is finished by the next one. */
const NODES_IN_A_RUN = 10;
/** Of one node, beyond its drain. */
const SECONDS_A_NODE = 420;

/**
 * The script of one cluster-wide command of a role, `Role.ControlPlane` or `Role.Worker`: nodes that left the
 * configuration are drained by `rollout.drain` and deleted, those in maintenance are drained and kept. It runs on any
 * control plane that stays.
 */
export function retireScript(spec: ClusterSpec, role: Role): Script {
  const hosts = role === Role.Worker ? workers(spec) : controlPlanes(spec);
  return {
    concern: `retire-${role}`,
    variables: {
      CLUSTER: spec.name,
      ROLE: role,
      NODES: hosts.map(({ name }) => name),
      MAINTENANCE: hosts.filter(({ state }) => state === HostState.Maintenance).map(({ name }) => name),
      ...drainInputs(spec),
    },
    files: [],
    parts: [OWN, DRAIN, NODES, RETIRE],
    limitSeconds: 300 + NODES_IN_A_RUN * (SECONDS_A_NODE + spec.rollout.drain.timeoutSeconds),
  };
}

/** `<cluster>-control-planes` or `<cluster>-workers`. */
export function retire(
  name: string,
  spec: ClusterSpec,
  role: Role.ControlPlane | Role.Worker,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  const step = role === Role.Worker ? Step.Workers : Step.ControlPlanes;
  const script = retireScript(spec, role);
  return clusterScript(name, { hosts: leadingControlPlanes(spec), ssh: spec.ssh, step, scriptOn: () => script }, opts);
}

/** The script that drains the control planes which left last, before anything of theirs ends; it deletes nothing. */
export function leaveScript(spec: ClusterSpec): Script {
  const { departed, rollout } = spec;
  return {
    concern: "leave",
    variables: { CLUSTER: spec.name, LEAVING: departed.map(({ name }) => name), ...drainInputs(spec) },
    files: [],
    parts: [OWN, DRAIN, NODES, LEAVE],
    limitSeconds: 300 + departed.length * (SECONDS_A_NODE + rollout.drain.timeoutSeconds),
  };
}
