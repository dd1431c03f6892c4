/** Workers: each joins on its own, all in parallel. */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import type { ControlPlane } from "../controlplane/controlplane";
import { joinDocument } from "../controlplane/kubeadm";
import type { Host, Hosts } from "../host/hosts";
import { remoteScript } from "../host/remote";
import { readScript } from "../host/script";
import type { Pki } from "../pki/pki";
import { workers } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";

const NODE = readScript(`${__dirname}/../host`, "node.sh");
const WORKER = readScript(__dirname, "worker.sh");

export interface WorkersArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  pki: Pki;
  controlPlane: ControlPlane;
}

/** All workers. */
export class Workers extends pulumi.ComponentResource {
  /** By host name. */
  public readonly nodes: ReadonlyMap<string, remote.Command>;

  constructor(name: string, args: WorkersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:worker:Workers", name, {}, opts);
    this.nodes = new Map(
      workers(args.spec).map((spec) => {
        const host = args.hosts.get(spec.name);
        return [spec.name, new Worker(`${name}-${spec.name}`, { ...args, host }, { parent: this }).joined];
      }),
    );
    this.registerOutputs({});
  }
}

interface WorkerArgs extends WorkersArgs {
  host: Host;
}

/** One worker; ready when this is. */
export class Worker extends pulumi.ComponentResource {
  public readonly joined: remote.Command;

  constructor(name: string, args: WorkerArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:worker:Worker", name, {}, opts);
    const { spec, host, pki, controlPlane } = args;
    this.joined = remoteScript(
      `${name}-worker`,
      {
        host: host.spec,
        ssh: spec.ssh,
        script: {
          concern: "node",
          variables: { NODE_NAME: host.spec.name, WAIT_READY: spec.network.plugin === "none" ? "no" : "yes" },
          files: [{ name: "join.yaml", content: joinDocument(spec, host.spec) }],
          parts: [NODE, WORKER],
          limitSeconds: 900,
        },
        secretFiles: pki.joinFiles(host.spec),
      },
      { parent: this, dependsOn: [controlPlane.bootstrapped, ...(host.images ? [host.images] : [])] },
    );
    this.registerOutputs({});
  }
}
