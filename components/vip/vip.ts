/** The API's virtual IP: keepalived and HAProxy as systemd units on every control plane. */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import type { Hosts } from "../host/hosts";
import { remoteScript } from "../host/remote";
import { readScript } from "../host/script";
import type { Pki } from "../pki/pki";
import { controlPlanes } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import { haproxyConfig, READY_PORT } from "./haproxy";
import { authentication, keepalivedConfig } from "./keepalived";

const VIP = readScript(__dirname, "vip.sh");

export interface VirtualIpArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  pki: Pki;
}

export class VirtualIp extends pulumi.ComponentResource {
  /** `https://192.0.2.10:8443`: what every client of the API uses. */
  public readonly endpoint: string;
  /** By control plane: its HAProxy is ready and the address takes connections. */
  public readonly nodes: ReadonlyMap<string, remote.Command>;

  constructor(name: string, args: VirtualIpArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:vip:VirtualIp", name, {}, opts);
    const { spec, hosts, pki } = args;
    const { vip, port } = spec.api;
    this.endpoint = `https://${vip}:${port}`;
    const password = new random.RandomPassword(`${name}-vrrp`, { length: 8, special: false }, { parent: this });
    const secret = { mode: "0600", owner: "root:root" };
    const nodes = new Map<string, remote.Command>();
    // One node at a time: a reload that goes wrong must not meet the others.
    let before: remote.Command[] = [];
    for (const host of controlPlanes(spec)) {
      const node = remoteScript(
        `${name}-${host.name}-vip`,
        {
          host,
          ssh: spec.ssh,
          script: {
            concern: "vip",
            variables: {
              NODE_NAME: host.name,
              NODE_IP: host.ip,
              VIP: vip,
              API_PORT: port,
              READY_URL: `http://127.0.0.1:${READY_PORT}/haproxy_ready`,
            },
            files: [
              { name: "haproxy.cfg", content: haproxyConfig(spec) },
              { name: "keepalived.conf", content: keepalivedConfig(spec, host) },
            ],
            parts: [VIP],
            limitSeconds: 180,
          },
          secretFiles: [
            {
              path: "/etc/keepalived/authentication.conf",
              ...secret,
              content: password.result.apply(authentication),
            },
            { path: "/etc/haproxy/kubernetes-ca.crt", mode: "0644", owner: "root:root", content: pki.clusterCa },
          ],
        },
        { parent: this, dependsOn: [hosts.get(host.name).prepared, ...before] },
      );
      nodes.set(host.name, node);
      before = [node];
    }
    this.nodes = nodes;
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
