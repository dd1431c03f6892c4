/** Nodes of machines that were replaced. */
import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";

import { Step } from "../host/commands";
import { clusterScript, ranBefore } from "../host/remote";
import { readScript, type Script } from "../host/script";
import { leadingControlPlanes, nodes } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import { NODES } from "./retire";
import { DRAIN, OWN } from "./kubelet";

const FORGET = readScript(__dirname, "forget.sh");

const SECONDS_A_NODE = 400;

/** The script that deletes the node which a fresh machine would otherwise take for its own. */
export function forgetScript(spec: ClusterSpec): Script {
  const replaced = nodes(spec).filter(({ replacedBy }) => replacedBy !== "");
  return {
    concern: "forget",
    variables: { REPLACED: replaced.map(({ name, replacedBy, hostKey }) => `${name} ${replacedBy} ${hostKey}`) },
    files: [],
    parts: [OWN, DRAIN, NODES, FORGET],
    limitSeconds: 200 + replaced.length * SECONDS_A_NODE,
  };
}

/** `<cluster>-forget`, from the first machine on that was replaced; it stays as it ran until the next one is. */
export function forget(cluster: string, spec: ClusterSpec, opts: pulumi.CustomResourceOptions): remote.Command[] {
  const name = `${cluster}-${Step.Forget}`;
  const over = nodes(spec).every(({ replacedBy }) => replacedBy === "");
  if (over && !ranBefore(name)) return [];
  const scriptOn = () => forgetScript(spec);
  const where = { hosts: leadingControlPlanes(spec), ssh: spec.ssh };
  return [clusterScript(name, { ...where, step: Step.Forget, scriptOn, over }, opts)];
}
