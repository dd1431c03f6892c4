/** External etcd: systemd units on the control planes or on hosts of their own. */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { Step } from "../host/commands";
import { GATES } from "../host/gates";
import type { Host, Hosts } from "../host/hosts";
import { clusterScript, remoteScript, type RemoteArgs } from "../host/remote";
import { readScript, type Script } from "../host/script";
import type { Pki } from "../pki/pki";
import { etcdEndpoints, etcdMembers, leadingMembers } from "../spec/topology";
import { HostState, type ClusterSpec, type HostSpec } from "../spec/types";
import { etcdConfig, etcdUnit } from "./config";

const [MEMBERSHIP, MEMBER, JOIN, START, REPAIR, RELEASE, HEALTHY, SNAPSHOT] = [
  "membership.sh",
  "member.sh",
  "join.sh",
  "start.sh",
  "repair.sh",
  "release.sh",
  "healthy.sh",
  "snapshot.sh",
].map((name) => readScript(__dirname, name)) as [string, string, string, string, string, string, string, string];

export interface EtcdClusterArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  pki: Pki;
  /** What comes before the members change: a control plane that leaves is drained, and its API server stopped. */
  before: pulumi.Resource[];
}

/**
 * Members of a cluster that does not exist yet start together, for none is up before most are. A running cluster takes
 * one new member at a time. In the order of their names.
 */
function startInTurn(
  spec: ClusterSpec,
  before: pulumi.Resource[],
  make: (host: HostSpec, after: pulumi.Resource[]) => EtcdMember,
): EtcdMember[] {
  const all = etcdMembers(spec);
  const isRunning = all.some(({ settled }) => settled);
  let after = before;
  return all.map((host) => {
    const member = make(host, host.settled ? [] : after);
    if (isRunning && !host.settled) after = [member.started];
    return member;
  });
}

/** All members, the gate that they form one healthy cluster, and the chain that changes them one by one. */
export class EtcdCluster extends pulumi.ComponentResource {
  /** `https://10.0.0.11:2379`, one a member. */
  public readonly endpoints: string[];
  /** Every member is started, voting and healthy. */
  public readonly healthy: remote.Command;
  /** The last member has the wanted version and configuration, and so have all others. */
  public readonly released: remote.Command;

  constructor(name: string, args: EtcdClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:etcd:EtcdCluster", name, {}, opts);
    const { spec, hosts } = args;
    this.endpoints = etcdEndpoints(spec);
    const members = startInTurn(spec, args.before, (host, after) => {
      const member = { ...args, host: hosts.get(host.name), after };
      return new EtcdMember(`${name}-etcd-${host.name}`, member, { parent: this });
    });
    this.healthy = this.onMember(spec, Step.EtcdHealthy, [MEMBERSHIP, HEALTHY], name, {
      variables: { MEMBERS: etcdMembers(spec).map((member) => member.name), ENDPOINTS: this.endpoints },
      after: [...args.before, ...members.map((member) => member.started)],
    });
    const snapshot = this.onMember(spec, Step.Snapshot, [SNAPSHOT], name, {
      variables: { KUBERNETES_VERSION: spec.versions.kubernetes, ETCD_VERSION: spec.versions.etcd },
      after: [this.healthy, ...hosts.staged],
    });
    this.released = members.reduce((before, member) => member.release(before), snapshot);
    this.registerOutputs({});
  }

  private onMember(
    spec: ClusterSpec,
    step: Step,
    parts: string[],
    name: string,
    { variables, after }: { variables: Record<string, string | string[]>; after: pulumi.Resource[] },
  ): remote.Command {
    const concern = `etcd-${step}`;
    const script = { concern, variables, files: [], parts, limitSeconds: 480 };
    return clusterScript(
      `${name}-${concern}`,
      { hosts: leadingMembers(spec), ssh: spec.ssh, step, scriptOn: () => script },
      { parent: this, dependsOn: after },
    );
  }
}

interface EtcdMemberArgs extends Omit<EtcdClusterArgs, "before"> {
  host: Host;
  /** Beyond the host's own preparation. */
  after: pulumi.Resource[];
}

/** One member: binaries, certificates, configuration, unit. */
export class EtcdMember extends pulumi.ComponentResource {
  public readonly host: Host;
  /** The unit is started; whether the cluster has a quorum is the cluster's gate. */
  public readonly started: remote.Command;
  /** Where and with what its scripts run. */
  readonly remote: Omit<RemoteArgs, "step">;
  private readonly name: string;
  private readonly bindPort: number;

  constructor(name: string, args: EtcdMemberArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:etcd:EtcdMember", name, {}, opts);
    const { spec, host, pki } = args;
    const sha256 = (arch: string) => spec.mirror.etcdSha256[`${spec.versions.etcd}-${arch}`] ?? "";
    this.name = name;
    this.host = host;
    this.bindPort = spec.api.bindPort;
    this.remote = {
      host: host.spec,
      ssh: spec.ssh,
      script: {
        concern: "etcd-member",
        variables: {
          NODE_NAME: host.spec.name,
          NODE_IP: host.spec.ip,
          ETCD_VERSION: spec.versions.etcd,
          ETCD_URL: spec.mirror.etcdUrl,
          ETCD_SHA256_AMD64: sha256("amd64"),
          ETCD_SHA256_ARM64: sha256("arm64"),
          DATA_DIR: spec.etcd.dataDir,
        },
        files: [
          { name: "etcd.yaml", content: etcdConfig(spec, host.spec) },
          { name: "etcd.service", content: etcdUnit(spec) },
        ],
        parts: [MEMBERSHIP, MEMBER, JOIN],
        limitSeconds: 900,
      },
      secretFiles: pki.etcdMemberFiles(host.spec),
    };
    this.started = remoteScript(
      `${name}-start`,
      { ...this.remote, step: Step.EtcdStart, script: this.starting(spec), once: true },
      { parent: this, dependsOn: [host.prepared, ...args.after] },
    );
    this.registerOutputs({});
  }

  /** Members are named for the first start alone: later on etcd itself tells them, so that a new one changes no other. */
  private starting(spec: ClusterSpec): Script {
    const { script } = this.remote;
    const members = etcdMembers(spec);
    const others = members.filter(({ name }) => name !== this.host.spec.name);
    const variables = {
      ...script.variables,
      MEMBERS: members.map(({ name }) => name),
      ENDPOINTS: etcdEndpoints(spec),
      BOOTSTRAPPED: others.some(({ settled }) => settled) ? "yes" : "no",
    };
    return { ...script, variables, parts: [...script.parts, START] };
  }

  /** Declares this member's turn in the chain; called once. */
  release(before: pulumi.Resource): remote.Command {
    const { script } = this.remote;
    const releasing = {
      ...script,
      variables: {
        ...script.variables,
        BIND_PORT: this.bindPort,
        STANDBY: this.host.spec.state === HostState.Maintenance ? "yes" : "no",
      },
      parts: [GATES, ...script.parts, REPAIR, RELEASE],
    };
    return remoteScript(
      `${this.name}-member`,
      { ...this.remote, step: Step.Member, script: releasing },
      { parent: this, dependsOn: before },
    );
  }
}
