/** External etcd: systemd units on the control planes or on hosts of their own. */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import type { Host, Hosts } from "../host/hosts";
import { remoteScript } from "../host/remote";
import { readScript } from "../host/script";
import type { Pki } from "../pki/pki";
import { etcdEndpoints, etcdMembers } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import { etcdConfig, etcdUnit } from "./config";

const MEMBER = readScript(__dirname, "member.sh");
const HEALTHY = readScript(__dirname, "healthy.sh");

export interface EtcdClusterArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  pki: Pki;
}

/** All members, and the gate that they form one healthy cluster. */
export class EtcdCluster extends pulumi.ComponentResource {
  /** `https://10.0.0.11:2379`, one a member. */
  public readonly endpoints: string[];
  /** Every member is started, voting and healthy. */
  public readonly healthy: remote.Command;

  constructor(name: string, args: EtcdClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:etcd:EtcdCluster", name, {}, opts);
    const { spec, hosts } = args;
    this.endpoints = etcdEndpoints(spec);
    const members = etcdMembers(spec).map(
      (host) => new EtcdMember(`${name}-etcd-${host.name}`, { ...args, host: hosts.get(host.name) }, { parent: this }),
    );
    const [first] = members;
    if (!first) throw new Error("an etcd cluster needs a member");
    this.healthy = remoteScript(
      `${name}-etcd-healthy`,
      {
        host: first.host.spec,
        ssh: spec.ssh,
        script: {
          concern: "etcd-healthy",
          variables: { MEMBERS: members.map((member) => member.host.spec.name), ENDPOINTS: this.endpoints },
          files: [],
          parts: [HEALTHY],
          limitSeconds: 240,
        },
      },
      { parent: this, dependsOn: members.map((member) => member.running) },
    );
    this.registerOutputs({});
  }
}

interface EtcdMemberArgs extends EtcdClusterArgs {
  host: Host;
}

/** One member: binaries, certificates, configuration, unit. */
export class EtcdMember extends pulumi.ComponentResource {
  public readonly host: Host;
  /** The unit is started; whether the cluster has a quorum is the cluster's gate. */
  public readonly running: remote.Command;

  constructor(name: string, args: EtcdMemberArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:etcd:EtcdMember", name, {}, opts);
    const { spec, host, pki } = args;
    const sha256 = (arch: string) => spec.mirror.etcdSha256[`${spec.versions.etcd}-${arch}`] ?? "";
    this.host = host;
    this.running = remoteScript(
      `${name}-member`,
      {
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
            ENDPOINTS: etcdEndpoints(spec),
          },
          files: [
            { name: "etcd.yaml", content: etcdConfig(spec, host.spec) },
            { name: "etcd.service", content: etcdUnit(spec) },
          ],
          parts: [MEMBER],
          limitSeconds: 900,
        },
        secretFiles: pki.etcdMemberFiles(host.spec),
      },
      { parent: this, dependsOn: host.prepared },
    );
    this.registerOutputs({});
  }
}
