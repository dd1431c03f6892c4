/** The API's endpoint: keepalived, and HAProxy where it is wanted, as systemd units on every control plane. */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { Step } from "../host/commands";
import type { Hosts } from "../host/hosts";
import { Occasion, reachScript } from "../host/reach";
import { remoteScript } from "../host/remote";
import { readScript, type Script, type VisibleFile } from "../host/script";
import type { Pki } from "../pki/pki";
import {
  apiEndpoint,
  controlPlanes,
  hasHaproxy,
  leavingControlPlanes,
  newestLast,
  virtualAddress,
} from "../spec/topology";
import { HostState, type ClusterSpec, type HostSpec } from "../spec/types";
import { haproxyConfig, READY_PORT, READY_URI } from "./haproxy";
import { haproxyUnit, keepalivedConfig, keepalivedUnit } from "./keepalived";

const HANDOVER = readScript(__dirname, "handover.sh");
const VIP = readScript(__dirname, "vip.sh");
const MAY_HOLD = readScript(__dirname, "mayhold.sh");

export interface VirtualIpArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  pki: Pki;
}

export class VirtualIp extends pulumi.ComponentResource {
  /** `https://192.0.2.10:8443`: what every client of the API uses. */
  public readonly endpoint: string;
  /** By control plane: its part of the endpoint is ready, and the address answers. None with a load balancer. */
  public readonly nodes: ReadonlyMap<string, remote.Command>;
  /** What comes before any other change where a control plane leaves: no HAProxy leads there, and it has not the address. */
  public readonly handedOver: pulumi.Resource[];

  constructor(name: string, args: VirtualIpArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:vip:VirtualIp", name, {}, opts);
    const { spec, hosts, pki } = args;
    this.endpoint = apiEndpoint(spec).url;
    const nodes = new Map<string, remote.Command>();
    // One node at a time: a reload that goes wrong must not meet the others. New ones last: a newcomer to whom nobody
    // sends would take the address.
    let before: pulumi.Resource[] = this.handOver(name, spec);
    for (const host of virtualAddress(spec.api) ? newestLast(controlPlanes(spec)) : []) {
      const node = remoteScript(
        `${name}-${host.name}-vip`,
        {
          host,
          ssh: spec.ssh,
          step: Step.Vip,
          script: endpointScript(spec, host),
          secretFiles: [{ path: caPath(spec), mode: "0644", owner: "root:root", content: pki.clusterCa }],
        },
        { parent: this, dependsOn: [hosts.get(host.name).prepared, ...before] },
      );
      nodes.set(host.name, node);
      before = [node];
    }
    this.nodes = nodes;
    this.handedOver = leavingControlPlanes(spec).length > 0 ? [...nodes.values()] : [];
    this.registerOutputs({ endpoint: this.endpoint });
  }

  /**
   * `<name>-handover`: control planes that leave stop their keepalived before any other drops that peer. It stays as it
   * is until others leave.
   */
  private handOver(name: string, spec: ClusterSpec): pulumi.Resource[] {
    if (!virtualAddress(spec.api) || spec.departed.length === 0) return [];
    const args = {
      hosts: spec.departed,
      ssh: spec.ssh,
      on: Occasion.Change,
      script: handoverScript(spec),
      skipped: "its keepalived was not stopped: if it still runs, two hosts have the virtual IP until it ends",
      over: leavingControlPlanes(spec).length === 0,
    };
    return [reachScript(`${name}-${Step.Handover}`, args, { parent: this })];
  }
}

/** What the checks of the API servers' certificates go by. */
function caPath({ api }: ClusterSpec): string {
  return `/etc/${hasHaproxy(api) ? "haproxy" : "keepalived"}/kubernetes-ca.crt`;
}

function endpointScript(spec: ClusterSpec, host: HostSpec): Script {
  const proxied = hasHaproxy(spec.api);
  return {
    concern: "vip",
    variables: {
      NODE_NAME: host.name,
      ...handoverInputs(spec),
      NODE_IP: host.ip,
      VIP_INTERFACE: host.vipInterface ?? "",
      READY_URL: proxied ? `http://127.0.0.1:${READY_PORT}${READY_URI}` : "",
      STANDBY: host.state === HostState.Maintenance ? "yes" : "no",
    },
    files: [
      ...(proxied ? haproxyFiles(spec, host) : [{ name: "may-hold", content: MAY_HOLD }]),
      { name: "keepalived.conf", content: keepalivedConfig(spec, host) },
      { name: "keepalived-unit.conf", content: keepalivedUnit() },
    ],
    parts: [HANDOVER, VIP],
    limitSeconds: 180,
  };
}

function haproxyFiles(spec: ClusterSpec, host: HostSpec): VisibleFile[] {
  return [
    { name: "haproxy.cfg", content: haproxyConfig(spec, host) },
    { name: "haproxy-unit.conf", content: haproxyUnit() },
  ];
}

/** What runs on a control plane that leaves, before any other keepalived drops it as a peer; only with a virtual IP. */
function handoverScript(spec: ClusterSpec): Script {
  return {
    concern: "vip",
    variables: handoverInputs(spec),
    files: [],
    parts: [HANDOVER, "hand_over\n"],
    limitSeconds: 120,
  };
}

function handoverInputs(spec: ClusterSpec): Script["variables"] {
  const { host: vip, port } = apiEndpoint(spec);
  return { VIP: vip, API_PORT: port };
}
