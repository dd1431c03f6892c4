/** Control planes that leave: what is done while everything of theirs still runs, before etcd loses their member. */
import * as pulumi from "@pulumi/pulumi";

import { Step } from "../host/commands";
import type { Hosts } from "../host/hosts";
import { Occasion, reachScript } from "../host/reach";
import { clusterScript } from "../host/remote";
import { readScript, type Script } from "../host/script";
import { leaveScript } from "../kubelet/retire";
import { leadingControlPlanes, leavingControlPlanes } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import type { VirtualIp } from "../vip/vip";

const STOP = readScript(__dirname, "stop.sh");

export interface DepartureArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  vip: VirtualIp;
}

/**
 * Their nodes are drained while their kubelets can still tell that a pod has ended, then their API servers stop, which
 * takes them out of the Service `kubernetes`. Like the hand-over of the address, both stay as they are until others leave.
 */
export class Departure extends pulumi.ComponentResource {
  /** What comes before any member of etcd changes; nothing where no control plane leaves. */
  public readonly done: pulumi.Resource[];

  constructor(name: string, { spec, hosts, vip }: DepartureArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:controlplane:Departure", name, {}, opts);
    const over = leavingControlPlanes(spec).length === 0;
    const claims = [...hosts.byName.values()].map((host) => host.claim);
    const steps = spec.departed.length === 0 ? [] : this.declare(name, spec, over, [...claims, ...vip.handedOver]);
    this.done = over ? [] : steps;
    this.registerOutputs({});
  }

  /** `<name>-drain` and `<name>-api-server-stop`. */
  private declare(name: string, spec: ClusterSpec, over: boolean, before: pulumi.Resource[]): pulumi.Resource[] {
    const drained = clusterScript(
      `${name}-${Step.Drain}`,
      {
        hosts: leadingControlPlanes(spec),
        ssh: spec.ssh,
        step: Step.Drain,
        scriptOn: () => leaveScript(spec),
        over,
      },
      { parent: this, dependsOn: before },
    );
    const stopped = reachScript(
      `${name}-${Step.Stop}`,
      {
        hosts: spec.departed,
        ssh: spec.ssh,
        on: Occasion.Change,
        script: stopScript(spec),
        skipped: "its API server was not stopped: the Service kubernetes leads to it for a few seconds after its end",
        over,
      },
      { parent: this, dependsOn: drained },
    );
    return [drained, stopped];
  }
}

/** What runs on a control plane that leaves, once it is drained. */
export function stopScript(spec: ClusterSpec): Script {
  return { concern: "static-pods", variables: { CLUSTER: spec.name }, files: [], parts: [STOP], limitSeconds: 360 };
}
