/**
 * Control planes: one bootstraps the cluster and the others join it, all at the same time, through the virtual IP.
 * Later changes walk over them one by one: static pods first everywhere, then what is the whole cluster's, then kubelets.
 */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import type { EtcdCluster } from "../etcd/etcd";
import { holds, kubeadmPackages } from "../host/apt";
import { Step } from "../host/commands";
import { gateInputs, GATES } from "../host/gates";
import type { Host, Hosts } from "../host/hosts";
import { coreDnsImage } from "../host/images";
import { clusterScript, remoteScript, type SecretFile } from "../host/remote";
import { readScript, type Script } from "../host/script";
import { forget } from "../kubelet/forget";
import { kubeletRelease, PATCH, REGISTRATION, registrationInputs } from "../kubelet/kubelet";
import { retire } from "../kubelet/retire";
import type { Pki } from "../pki/pki";
import { hasRole, leadingControlPlanes } from "../spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";
import type { VirtualIp } from "../vip/vip";
import { bootstrapFiles, clusterFiles, joinDocument, staticPodDocuments } from "./kubeadm";

const PACKAGES = readScript(`${__dirname}/../host`, "packages.sh");
const NODE = readScript(`${__dirname}/../host`, "node.sh");
const DOCUMENTS = readScript(__dirname, "documents.sh");
const JOIN = readScript(__dirname, "join.sh");
const MANIFESTS = readScript(__dirname, "manifests.sh");
const STATIC_PODS = readScript(__dirname, "staticpods.sh");
const SETTINGS = readScript(__dirname, "settings.sh");

const PRIMARY_TYPE = "kubeadm-ha:controlplane:PrimaryControlPlane";
const JOINING_TYPE = "kubeadm-ha:controlplane:JoiningControlPlane";

export interface ControlPlaneArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  pki: Pki;
  etcd: EtcdCluster;
  vip: VirtualIp;
}

/** All control planes, and the chain that changes them. */
export class ControlPlane extends pulumi.ComponentResource {
  /** The API answers: what nodes join and add-ons are applied to. */
  public readonly bootstrapped: remote.Command;
  /** Every control plane has joined; by host name. */
  public readonly nodes: ReadonlyMap<string, remote.Command>;
  /** Nodes of machines that were replaced are gone, so that fresh ones may join under their names. */
  public readonly forgotten: pulumi.Resource[];
  /** Every control plane, kubelet included, has the wanted version and settings. */
  public readonly released: remote.Command;

  constructor(name: string, args: ControlPlaneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:controlplane:ControlPlane", name, {}, opts);
    const { spec, hosts, vip, etcd } = args;
    const [lead, ...others] = leadingControlPlanes(spec).map((host) => hosts.get(host.name));
    if (!lead) throw new Error("a cluster needs a control plane");
    const claims = [...hosts.byName.values()].map((host) => host.claim);
    const forgotten = forget(name, spec, { parent: this, dependsOn: claims });
    this.forgotten = forgotten;
    const memberName = (host: Host) => `${name}-${host.spec.name}`;
    const primary = new PrimaryControlPlane(memberName(lead), { ...args, host: lead, forgotten }, { parent: this });
    const joining = others.map((host) => {
      const member = { ...args, host, forgotten, bootstrapped: primary.joined };
      return new JoiningControlPlane(memberName(host), member, { parent: this });
    });
    const all = [primary, ...joining];
    this.bootstrapped = primary.joined;
    this.nodes = new Map(all.map((member) => [member.host.spec.name, member.joined]));

    const left = retire(`${name}-${Step.ControlPlanes}`, spec, Role.ControlPlane, {
      parent: this,
      dependsOn: [etcd.healthy, ...vip.nodes.values(), ...this.nodes.values()],
    });
    const beforeAll = [left, etcd.released, ...hosts.staged];
    const staticPods = all.reduce<pulumi.Resource[]>((before, member) => [member.releaseStaticPods(before)], beforeAll);
    const settings = this.settings(`${name}-${Step.Settings}`, spec, staticPods);
    this.released = all.reduce((before, member) => member.releaseKubelet(before), settings);
    this.registerOutputs({});
  }

  /** What is the whole cluster's: kubeadm's ConfigMaps, RBAC rules, CoreDNS and kube-proxy. */
  private settings(name: string, spec: ClusterSpec, after: pulumi.Resource[]): remote.Command {
    const scriptOn = (host: HostSpec): Script => ({
      concern: "settings",
      variables: {
        ...gateInputs(spec, host),
        KUBERNETES_VERSION: spec.versions.kubernetes,
        DNS_BY: spec.kubeadm.dnsImageTag === undefined ? "kubeadm" : "image",
        DNS_IMAGE: coreDnsImage(spec),
      },
      files: clusterFiles(spec, host),
      parts: [GATES, DOCUMENTS, SETTINGS],
      limitSeconds: 1500,
    });
    return clusterScript(
      name,
      { hosts: leadingControlPlanes(spec), ssh: spec.ssh, step: Step.Settings, scriptOn },
      { parent: this, dependsOn: after },
    );
  }
}

interface MemberArgs extends ControlPlaneArgs {
  host: Host;
  /** What a fresh machine waits for before it joins under a known name. */
  forgotten: pulumi.Resource[];
}

interface JoinOptions {
  bootstrap: boolean;
  after: pulumi.Resource[];
}

/** One control plane: how it came to be and how it changes. */
abstract class Member extends pulumi.ComponentResource {
  public readonly host: Host;
  public readonly joined: remote.Command;
  private readonly name: string;
  private readonly spec: ClusterSpec;
  /** Keys, certificates and kubeconfigs. */
  private readonly files: SecretFile[];

  constructor(
    type: string,
    name: string,
    { spec, pki, vip, host, forgotten }: MemberArgs,
    join: JoinOptions,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super(type, name, {}, opts);
    this.name = name;
    this.spec = spec;
    this.host = host;
    this.files = pki.controlPlaneFiles(host.spec);
    const ready = [host.images, vip.nodes.get(host.spec.name)].filter((resource) => resource !== undefined);
    const own = [...ready, ...(host.spec.replacedBy === "" ? [] : forgotten)];
    this.joined = this.remote(
      Step.Join,
      {
        concern: "node",
        variables: { ...this.inputs, CLUSTER: spec.name, BOOTSTRAP: join.bootstrap ? "yes" : "no" },
        files: [
          ...bootstrapFiles(spec, host.spec),
          { name: "join.yaml", content: joinDocument(spec, host.spec) },
          { name: "kubeadm.yaml", content: staticPodDocuments(spec, host.spec) },
        ],
        parts: [PATCH, NODE, GATES, DOCUMENTS, JOIN],
        limitSeconds: 1200,
      },
      { once: true, secretFiles: [...this.files, ...pki.joinFiles(host.spec)], after: [...own, ...join.after] },
    );
    this.registerOutputs({});
  }

  /** `<name>-control-plane`: API server, controller manager and scheduler; called once. */
  releaseStaticPods(after: pulumi.Resource[]): remote.Command {
    const script = {
      concern: "static-pods",
      variables: {
        ...this.inputs,
        ...registrationInputs(this.spec, this.host.spec),
        PACKAGES: kubeadmPackages(this.spec),
        HOLDS: holds(this.spec, this.host.spec),
      },
      files: [{ name: "kubeadm.yaml", content: staticPodDocuments(this.spec, this.host.spec) }],
      parts: [PACKAGES, GATES, ...REGISTRATION, MANIFESTS, STATIC_PODS],
      limitSeconds: 2400,
    };
    return this.remote(Step.ControlPlane, script, { secretFiles: this.files, after });
  }

  /** `<name>-kubelet`; called once. */
  releaseKubelet(after: pulumi.Resource): remote.Command {
    return kubeletRelease(this.name, this.spec, this.host.spec, { parent: this, dependsOn: after });
  }

  private get inputs(): Script["variables"] {
    return { ...gateInputs(this.spec, this.host.spec), KUBERNETES_VERSION: this.spec.versions.kubernetes };
  }

  private remote(
    step: Step,
    script: Script,
    { after, ...rest }: { after: pulumi.Resource[]; secretFiles: SecretFile[]; once?: boolean },
  ): remote.Command {
    const { host, spec } = this;
    return remoteScript(
      `${this.name}-${step}`,
      { host: host.spec, ssh: spec.ssh, step, script, ...rest },
      { parent: this, dependsOn: after },
    );
  }
}

/**
 * The control plane that may bootstrap a cluster that does not exist yet. After that it is like the others, so that
 * when another leads only a type changes: the alias keeps its resources.
 */
export class PrimaryControlPlane extends Member {
  constructor(name: string, args: MemberArgs, opts: pulumi.ComponentResourceOptions) {
    const exists = args.spec.hosts.some((host) => host.settled && hasRole(host, Role.ControlPlane));
    const join = { bootstrap: !exists, after: [args.etcd.healthy] };
    super(PRIMARY_TYPE, name, args, join, { ...opts, aliases: [{ type: JOINING_TYPE }] });
  }
}

interface JoiningArgs extends MemberArgs {
  bootstrapped: pulumi.Resource;
}

export class JoiningControlPlane extends Member {
  constructor(name: string, args: JoiningArgs, opts: pulumi.ComponentResourceOptions) {
    const join = { bootstrap: false, after: [args.bootstrapped, args.etcd.healthy] };
    super(JOINING_TYPE, name, args, join, { ...opts, aliases: [{ type: PRIMARY_TYPE }] });
  }
}
