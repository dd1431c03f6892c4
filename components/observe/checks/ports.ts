/** The ports that the cluster listens on are free on every host, or held by the cluster itself. */
import { apiEndpoint, hasHaproxy, hasRole, isNode } from "../../spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../../spec/types";
import { MEMBER_PORT, READY_PORT } from "../../vip/haproxy";
import type { HostFacts } from "../facts";
import { everyHost, onHost, Weight, type Check, type Context, type Finding, type Seen } from "./check";
import { isTaken } from "./belonging";
import { gravity } from "./running";

/** A port that the cluster needs on a host. */
export interface Needed {
  port: number;
  /** Addresses that it is bound to; empty: all. */
  addresses: string[];
  /** The program that will hold it. */
  process: string;
  /** Other hosts connect to it. */
  isPublic: boolean;
}

const LOOPBACK = "127.0.0.1";

/** The kernel keeps 15 characters of a process's name. */
const NAME_LENGTH = 15;

export const portChecks: Check[] = [
  everyHost("ports-free", "the cluster's ports are free on every host, or its own", Weight.ByHost, foreignListeners),
];

/** What the cluster listens on, on a host of these roles. */
export function neededPorts({ api }: ClusterSpec, host: HostSpec): Needed[] {
  const own = (process: string, port: number): Needed => ({ port, addresses: [LOOPBACK], process, isPublic: false });
  const all = (process: string, port: number): Needed => ({ port, addresses: [], process, isPublic: true });
  const on = (process: string, port: number, ...addresses: string[]): Needed => ({
    port,
    addresses,
    process,
    isPublic: true,
  });
  const node = [all("kubelet", 10250), own("kubelet", 10248), own("kube-proxy", 10249), all("kube-proxy", 10256)];
  const member = [on("etcd", 2379, host.ip, LOOPBACK), on("etcd", 2380, host.ip), own("etcd", 2381)];
  const controlPlane = [
    all("kube-apiserver", api.bindPort),
    ...(hasHaproxy(api)
      ? [
          on("haproxy", api.port, apiEndpoint({ api }).host, LOOPBACK),
          own("haproxy", READY_PORT),
          on("haproxy", MEMBER_PORT, host.ip),
        ]
      : []),
    own("kube-controller-manager", 10257),
    own("kube-scheduler", 10259),
  ];
  return [
    ...(isNode(host) ? node : []),
    ...(hasRole(host, Role.Etcd) ? member : []),
    ...(hasRole(host, Role.ControlPlane) ? controlPlane : []),
  ];
}

function foreignListeners(each: Seen, context: Context): Finding[] {
  // On a node of another cluster all of them are taken, and that it is one is said already.
  if (isTaken(each, context)) return [];
  const isOurs = each.facts.membership.cluster === context.spec.name;
  return neededPorts(context.spec, each.host).flatMap((needed): Finding[] => {
    const holder = each.facts.listeners.find(
      (listener) => collides(listener, needed) && !(isOurs && mayHold(listener.process, needed.process)),
    );
    if (holder === undefined) return [];
    const process = holder.process === "" ? "a process that cannot be told" : holder.process;
    const reason = `is held by ${process}, and ${needed.process} needs it`;
    const fix = `Stop ${process} there (\`ss -ltnp 'sport = :${needed.port}'\` shows it), or give it another port`;
    return [onHost(each, `${holder.address}:${holder.port}`, { reason, fix }, gravity(context, each.host))];
  });
}

type Listener = HostFacts["listeners"][number];

function collides({ port, address }: Listener, needed: Needed): boolean {
  if (port !== needed.port) return false;
  return isWildcard(address) || needed.addresses.length === 0 || needed.addresses.includes(address);
}

function isWildcard(address: string): boolean {
  return ["*", "0.0.0.0", "::", "[::]"].includes(address.replace(/%.*$/, ""));
}

// On a host of ours, a holder that cannot be told is given the benefit of the doubt.
function mayHold(process: string, wanted: string): boolean {
  return process === "" || process.slice(0, NAME_LENGTH) === wanted.slice(0, NAME_LENGTH);
}
