/** Control planes: one bootstraps the cluster, the others join it, all at the same time, through the virtual IP. */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import type { EtcdCluster } from "../etcd/etcd";
import type { Host, Hosts } from "../host/hosts";
import { remoteScript } from "../host/remote";
import { readScript } from "../host/script";
import type { Pki } from "../pki/pki";
import { controlPlanes } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import type { VirtualIp } from "../vip/vip";
import { initDocuments, joinDocument } from "./kubeadm";

const NODE = readScript(`${__dirname}/../host`, "node.sh");
const CONTROL_PLANE = readScript(__dirname, "controlplane.sh");

const PRIMARY_TYPE = "kubeadm-ha:controlplane:PrimaryControlPlane";
const JOINING_TYPE = "kubeadm-ha:controlplane:JoiningControlPlane";

export interface ControlPlaneArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  pki: Pki;
  etcd: EtcdCluster;
  vip: VirtualIp;
}

/** All control planes. */
export class ControlPlane extends pulumi.ComponentResource {
  /** The API answers: what nodes join and add-ons are applied to. */
  public readonly bootstrapped: remote.Command;
  /** Every control plane's API server is ready. */
  public readonly ready: remote.Command[];
  /** By host name. */
  public readonly nodes: ReadonlyMap<string, remote.Command>;

  constructor(name: string, args: ControlPlaneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:controlplane:ControlPlane", name, {}, opts);
    const [first, ...others] = controlPlanes(args.spec).map((host) => args.hosts.get(host.name));
    if (!first) throw new Error("a cluster needs a control plane");
    const memberName = (host: Host) => `${name}-${host.spec.name}`;
    const primary = new PrimaryControlPlane(memberName(first), { ...args, host: first }, { parent: this });
    const joining = others.map(
      (host) =>
        new JoiningControlPlane(memberName(host), { ...args, host, bootstrapped: primary.joined }, { parent: this }),
    );
    const all = [primary, ...joining];
    this.bootstrapped = primary.joined;
    this.ready = all.map((member) => member.joined);
    this.nodes = new Map(all.map((member) => [member.host.spec.name, member.joined]));
    this.registerOutputs({});
  }
}

interface MemberArgs extends ControlPlaneArgs {
  host: Host;
}

/**
 * The control plane that may bootstrap. After that it is like the others, so an edit that makes another host the
 * first of the list only renames: the alias keeps its resources.
 */
export class PrimaryControlPlane extends pulumi.ComponentResource {
  public readonly host: Host;
  public readonly joined: remote.Command;

  constructor(name: string, args: MemberArgs, opts: pulumi.ComponentResourceOptions) {
    super(PRIMARY_TYPE, name, {}, { ...opts, aliases: [{ type: JOINING_TYPE }] });
    this.host = args.host;
    // The node gets ready when the pod network does, which is applied after this: nothing to wait for here.
    this.joined = controlPlaneNode(name, args, { bootstrap: true, waitReady: false, after: [args.etcd.healthy] }, this);
    this.registerOutputs({});
  }
}

interface JoiningArgs extends MemberArgs {
  bootstrapped: pulumi.Resource;
}

export class JoiningControlPlane extends pulumi.ComponentResource {
  public readonly host: Host;
  public readonly joined: remote.Command;

  constructor(name: string, args: JoiningArgs, opts: pulumi.ComponentResourceOptions) {
    super(JOINING_TYPE, name, {}, { ...opts, aliases: [{ type: PRIMARY_TYPE }] });
    this.host = args.host;
    const waitReady = args.spec.network.plugin !== "none";
    this.joined = controlPlaneNode(name, args, { bootstrap: false, waitReady, after: [args.bootstrapped] }, this);
    this.registerOutputs({});
  }
}

interface NodeOptions {
  bootstrap: boolean;
  waitReady: boolean;
  after: pulumi.Resource[];
}

function controlPlaneNode(name: string, args: MemberArgs, node: NodeOptions, parent: pulumi.Resource): remote.Command {
  const { spec, pki, vip, host } = args;
  const own = [host.images, vip.nodes.get(host.spec.name)].filter((resource) => resource !== undefined);
  return remoteScript(
    `${name}-control-plane`,
    {
      host: host.spec,
      ssh: spec.ssh,
      script: {
        concern: "node",
        variables: {
          NODE_NAME: host.spec.name,
          NODE_IP: host.spec.ip,
          VIP_URL: vip.endpoint,
          BIND_PORT: spec.api.bindPort,
          BOOTSTRAP: node.bootstrap ? "yes" : "no",
          WAIT_READY: node.waitReady ? "yes" : "no",
        },
        files: [
          { name: "init.yaml", content: initDocuments(spec, host.spec) },
          { name: "join.yaml", content: joinDocument(spec, host.spec) },
        ],
        parts: [NODE, CONTROL_PLANE],
        limitSeconds: 1200,
      },
      secretFiles: [...pki.controlPlaneFiles(host.spec), ...pki.joinFiles(host.spec)],
    },
    { parent, dependsOn: [...own, ...node.after] },
  );
}
