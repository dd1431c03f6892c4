/** The machines of the cluster: claimed together, then prepared for their roles in parallel. */
import type { local, remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { controlPlanes, hasRole, isNode, workers } from "../spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";
import { holds, keyUrls, packages, releasedPackages, sourceFile } from "./apt";
import { Step } from "./commands";
import { containerdConfig, registryFiles } from "./containerd";
import { hostImages } from "./images";
import { modulesFile, sysctlFile } from "./kernel";
import { Occasion, reachScript } from "./reach";
import { remoteScript, type SecretFile } from "./remote";
import { readScript, type Script } from "./script";

const CLAIM = readScript(__dirname, "claim.sh");
const RESET = readScript(__dirname, "reset.sh");
const PREPARE = ["packages.sh", "containerd.sh", "prepare.sh"].map((name) => readScript(__dirname, name));
const IMAGES = readScript(__dirname, "images.sh");

export interface HostsArgs {
  spec: ClusterSpec;
  /** The cluster CA's certificate: a host that was claimed with another one is refused. */
  clusterCa: pulumi.Output<string>;
}

/**
 * All hosts. Every claim comes before any preparation, so that one unsuitable host stops the run while nothing has
 * been changed anywhere; and since everything else depends on the claims, and they on what gives the hosts back,
 * `destroy` ends with that: workers first, then control planes, then hosts that are only etcd members.
 */
export class Hosts extends pulumi.ComponentResource {
  /** By host name. */
  public readonly byName: ReadonlyMap<string, Host>;
  /** Everything that the configuration asks for is on every host, fetched and verified: only now may something change. */
  public readonly staged: pulumi.Resource[];

  constructor(name: string, args: HostsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:host:Hosts", name, {}, opts);
    const { spec } = args;
    const layers = [spec.hosts.filter((host) => !isNode(host)), controlPlanes(spec), workers(spec)];
    const hosts: Host[] = [];
    let before: Host[] = [];
    for (const layer of layers) {
      const made = layer.map(
        (host) =>
          new Host(
            `${name}-${host.name}`,
            { ...args, host, after: before.map((other) => other.giveBack) },
            { parent: this },
          ),
      );
      hosts.push(...made);
      if (made.length > 0) before = made;
    }
    const claims = hosts.map((host) => host.claim);
    for (const host of hosts) host.prepare(claims);
    this.byName = new Map(hosts.map((host) => [host.spec.name, host]));
    this.staged = stageInTurn(hosts);
    this.registerOutputs({});
  }

  /** The host of that name; the specification guarantees that it exists. */
  get(name: string): Host {
    const host = this.byName.get(name);
    if (!host) throw new Error(`no host named ${name}`);
    return host;
  }
}

/**
 * Fetching and unpacking takes disk and processor from what already serves there, so hosts with etcd or an API server
 * are staged one after another, and workers, side by side, after them.
 */
function stageInTurn(hosts: Host[]): pulumi.Resource[] {
  const isWorker = ({ spec }: Host) => hasRole(spec, Role.Worker);
  const serving = hosts
    .filter((host) => !isWorker(host))
    .reduce<pulumi.Resource[]>((before, host) => [host.stage(before)], []);
  const staged = hosts.filter(isWorker).map((host) => host.stage(serving));
  return staged.length > 0 ? staged : serving;
}

interface HostArgs extends HostsArgs {
  host: HostSpec;
  /** Hosts that are given back after this one when the cluster is destroyed. */
  after: pulumi.Resource[];
}

/** One machine: what gives it back in the end, its claim, its preparation, its images. */
export class Host extends pulumi.ComponentResource {
  public readonly spec: HostSpec;
  public readonly claim: remote.Command;
  /** Does nothing until the host leaves the configuration or the cluster is destroyed. */
  public readonly giveBack: local.Command;
  /** Packages, kernel settings and containerd are as wanted. */
  public prepared!: remote.Command;
  /** Every image of the role is here and pinned; undefined on a host without a kubelet. */
  public images: remote.Command | undefined;
  private readonly name: string;
  private readonly cluster: ClusterSpec;

  constructor(name: string, args: HostArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:host:Host", name, {}, opts);
    this.name = name;
    this.spec = args.host;
    this.cluster = args.spec;
    const mark: SecretFile = {
      path: "/var/lib/kubeadm-ha/ca.crt",
      mode: "0644",
      owner: "root:root",
      content: args.clusterCa,
    };
    this.giveBack = reachScript(
      `${name}-give-back`,
      {
        hosts: [args.host],
        ssh: args.spec.ssh,
        on: Occasion.Removal,
        script: this.script("reset", [RESET], 900, { ETCD_DATA_DIR: args.spec.etcd.dataDir }),
        secretFiles: [mark],
        skipped:
          "nothing was removed there. It must not come back with what is on it: wipe it before it is switched on in this network again",
        witnesses: args.spec.hosts.filter((host) => host !== args.host).map((host) => host.sshHost),
      },
      { parent: this, dependsOn: args.after },
    );
    this.claim = remoteScript(
      `${name}-claim`,
      {
        host: args.host,
        ssh: args.spec.ssh,
        step: Step.Claim,
        script: this.script("claim", [CLAIM], 60, { CLUSTER: args.spec.name, NODE_IP: args.host.ip }),
        secretFiles: [mark],
      },
      { parent: this, dependsOn: this.giveBack },
    );
    this.registerOutputs({});
  }

  /** Declares what makes a bare host ready for its role, once. */
  prepare(claims: pulumi.Resource[]): void {
    const { spec, cluster } = this;
    this.prepared = remoteScript(
      `${this.name}-prepare`,
      { host: spec, ssh: cluster.ssh, step: Step.Prepare, once: true, script: this.preparation(PREPARE) },
      { parent: this, dependsOn: claims },
    );
    if (!isNode(spec)) return;
    const script = this.script("images", [IMAGES], 1200, { IMAGES: hostImages(cluster, spec) });
    this.images = remoteScript(
      `${this.name}-images`,
      { host: spec, ssh: cluster.ssh, step: Step.Images, once: true, script },
      { parent: this, dependsOn: this.prepared },
    );
  }

  /**
   * `<name>-stage`: what a changed configuration needs of this host, before any of it is applied: kernel settings and
   * package sources as wanted, packages fetched, images here and pinned. Called once.
   */
  stage(before: pulumi.Resource[]): remote.Command {
    const { spec, cluster } = this;
    const script = this.preparation(isNode(spec) ? [...PREPARE, IMAGES] : PREPARE);
    if (isNode(spec)) script.variables["IMAGES"] = hostImages(cluster, spec);
    return remoteScript(
      `${this.name}-stage`,
      { host: spec, ssh: cluster.ssh, step: Step.Stage, script },
      { parent: this, dependsOn: [this.images ?? this.prepared, ...before] },
    );
  }

  private preparation(parts: string[]): Script {
    const { spec, cluster } = this;
    const runsNode = isNode(spec);
    const { apt, registries } = cluster.mirror;
    const script = this.script("prepare", parts, 2000, {
      NODE_IP: spec.ip,
      ...(runsNode && {
        KUBERNETES_VERSION: cluster.versions.kubernetes,
        CONTAINERD_VERSION: cluster.versions.containerd,
      }),
      PACKAGES: packages(cluster, spec),
      RELEASED: releasedPackages(cluster, spec),
      HOLDS: holds(cluster, spec),
      SERVICES: runsNode ? "yes" : "no",
      SWAP: runsNode && cluster.kubelet["failSwapOn"] !== false ? "off" : "keep",
      APT_SOURCES: apt.map((source) => source.name),
      APT_KEYS: keyUrls(apt),
    });
    script.files = [
      ...apt.map(sourceFile),
      modulesFile(spec),
      sysctlFile(cluster, spec),
      ...(runsNode ? [containerdConfig(cluster), ...registryFiles(registries)] : []),
    ];
    return script;
  }

  private script(concern: string, parts: string[], limitSeconds: number, variables: Script["variables"]): Script {
    return { concern, variables: { NODE_NAME: this.spec.name, ...variables }, files: [], parts, limitSeconds };
  }
}
