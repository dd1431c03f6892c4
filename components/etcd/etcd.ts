/** External etcd: systemd units on the control planes or on hosts of their own. */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import type { Host, Hosts } from "../host/hosts";
import { remoteScript, type RemoteArgs } from "../host/remote";
import { readScript } from "../host/script";
import type { Pki } from "../pki/pki";
import { etcdEndpoints, etcdMembers } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import { etcdConfig, etcdUnit } from "./config";

const [MEMBER, START, RELEASE, HEALTHY, SNAPSHOT] = [
  "member.sh",
  "start.sh",
  "release.sh",
  "healthy.sh",
  "snapshot.sh",
].map((name) => readScript(__dirname, name)) as [string, string, string, string, string];

export interface EtcdClusterArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  pki: Pki;
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
    const members = etcdMembers(spec).map(
      (host) => new EtcdMember(`${name}-etcd-${host.name}`, { ...args, host: hosts.get(host.name) }, { parent: this }),
    );
    const [first] = members;
    if (!first) throw new Error("an etcd cluster needs a member");
    const names = members.map((member) => member.host.spec.name);
    this.healthy = this.onMember(first, "etcd-healthy", HEALTHY, name, {
      variables: { MEMBERS: names, ENDPOINTS: this.endpoints },
      after: members.map((member) => member.started),
    });
    const snapshot = this.onMember(first, "etcd-snapshot", SNAPSHOT, name, {
      variables: {
        NODE_NAME: first.host.spec.name,
        KUBERNETES_VERSION: spec.versions.kubernetes,
        ETCD_VERSION: spec.versions.etcd,
      },
      after: [this.healthy, ...hosts.staged],
    });
    this.released = members.reduce((before, member) => member.release(before), snapshot);
    this.registerOutputs({});
  }

  private onMember(
    member: EtcdMember,
    concern: string,
    part: string,
    name: string,
    { variables, after }: { variables: Record<string, string | string[]>; after: pulumi.Resource[] },
  ): remote.Command {
    const { host, ssh } = member.remote;
    return remoteScript(
      `${name}-${concern}`,
      { host, ssh, script: { concern, variables, files: [], parts: [part], limitSeconds: 480 } },
      { parent: this, dependsOn: after },
    );
  }
}

interface EtcdMemberArgs extends EtcdClusterArgs {
  host: Host;
}

/** One member: binaries, certificates, configuration, unit. */
export class EtcdMember extends pulumi.ComponentResource {
  public readonly host: Host;
  /** The unit is started; whether the cluster has a quorum is the cluster's gate. */
  public readonly started: remote.Command;
  /** Where and with what its scripts run. */
  readonly remote: RemoteArgs;
  private readonly name: string;

  constructor(name: string, args: EtcdMemberArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:etcd:EtcdMember", name, {}, opts);
    const { spec, host, pki } = args;
    const sha256 = (arch: string) => spec.mirror.etcdSha256[`${spec.versions.etcd}-${arch}`] ?? "";
    this.name = name;
    this.host = host;
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
          MEMBERS: etcdMembers(spec).map((member) => member.name),
          ENDPOINTS: etcdEndpoints(spec),
        },
        files: [
          { name: "etcd.yaml", content: etcdConfig(spec, host.spec) },
          { name: "etcd.service", content: etcdUnit(spec) },
        ],
        parts: [MEMBER, START],
        limitSeconds: 900,
      },
      secretFiles: pki.etcdMemberFiles(host.spec),
    };
    this.started = remoteScript(
      `${name}-start`,
      { ...this.remote, once: true },
      { parent: this, dependsOn: host.prepared },
    );
    this.registerOutputs({});
  }

  /** Declares this member's turn in the chain; called once. */
  release(before: pulumi.Resource): remote.Command {
    const script = { ...this.remote.script, parts: [MEMBER, RELEASE] };
    return remoteScript(`${this.name}-member`, { ...this.remote, script }, { parent: this, dependsOn: before });
  }
}
