/** Workers: all join in parallel; later changes walk over them in as many lanes as may be out of service at once. */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import type { ControlPlane } from "../controlplane/controlplane";
import { joinDocument, kubeletPatch } from "../controlplane/kubeadm";
import { Step } from "../host/commands";
import type { Host, Hosts } from "../host/hosts";
import { remoteScript } from "../host/remote";
import { readScript } from "../host/script";
import { kubeletRelease, PATCH } from "../kubelet/kubelet";
import { retire } from "../kubelet/retire";
import type { Pki } from "../pki/pki";
import { lanes } from "../spec/lanes";
import { workers } from "../spec/topology";
import { Role, type ClusterSpec } from "../spec/types";

const NODE = readScript(`${__dirname}/../host`, "node.sh");
const JOIN = readScript(__dirname, "join.sh");

export interface WorkersArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  pki: Pki;
  controlPlane: ControlPlane;
}

/** All workers. */
export class Workers extends pulumi.ComponentResource {
  /** Every worker has joined; by host name. */
  public readonly nodes: ReadonlyMap<string, remote.Command>;
  /** Every worker has the wanted version and settings, and none is in service that should not be. */
  public readonly released: remote.Command;

  constructor(name: string, args: WorkersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:worker:Workers", name, {}, opts);
    const { spec, hosts, controlPlane } = args;
    const all = new Map(
      workers(spec).map((host) => [
        host.name,
        new Worker(`${name}-${host.name}`, { ...args, host: hosts.get(host.name) }, { parent: this }),
      ]),
    );
    this.nodes = new Map([...all].map(([host, worker]) => [host, worker.joined]));
    const released = lanes(workers(spec), spec.rollout.maxUnavailable).map((lane) =>
      lane.reduce((before, host) => all.get(host.name)!.release(before), controlPlane.released),
    );
    // Last: what takes over from a worker that leaves is there.
    this.released = retire(`${name}-${Step.Workers}`, spec, Role.Worker, {
      parent: this,
      dependsOn: [controlPlane.released, ...released],
    });
    this.registerOutputs({});
  }
}

interface WorkerArgs extends WorkersArgs {
  host: Host;
}

/** One worker. */
export class Worker extends pulumi.ComponentResource {
  public readonly joined: remote.Command;
  private readonly name: string;
  private readonly args: WorkerArgs;

  constructor(name: string, args: WorkerArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:worker:Worker", name, {}, opts);
    const { spec, host, pki, controlPlane } = args;
    this.name = name;
    this.args = args;
    const before = host.spec.replacedBy === "" ? [] : controlPlane.forgotten;
    this.joined = remoteScript(
      `${name}-join`,
      {
        host: host.spec,
        ssh: spec.ssh,
        step: Step.Join,
        once: true,
        script: {
          concern: "node",
          variables: { NODE_NAME: host.spec.name, KUBERNETES_VERSION: spec.versions.kubernetes, CLUSTER: spec.name },
          files: [{ name: "join.yaml", content: joinDocument(spec, host.spec) }, ...kubeletPatch(host.spec)],
          parts: [PATCH, NODE, JOIN],
          limitSeconds: 900,
        },
        secretFiles: pki.joinFiles(host.spec),
      },
      { parent: this, dependsOn: [controlPlane.bootstrapped, ...before, ...(host.images ? [host.images] : [])] },
    );
    this.registerOutputs({});
  }

  /** `<name>-kubelet`; called once. */
  release(before: pulumi.Resource): remote.Command {
    const { spec, host } = this.args;
    return kubeletRelease(this.name, spec, host.spec, { parent: this, dependsOn: [before, this.joined] });
  }
}
