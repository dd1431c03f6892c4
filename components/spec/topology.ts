/** Questions about who does what in a cluster, answered from the spec alone. */
import { addressAt } from "./cidr";
import {
  ApiBy,
  HostState,
  Role,
  type ApiSpec,
  type ClusterSpec,
  type HostSpec,
  type LeavingHost,
  type TaintSpec,
} from "./types";

type Topology = Pick<ClusterSpec, "hosts">;

/** Whether a host has a role. */
export function hasRole(host: Pick<HostSpec, "roles">, role: Role): boolean {
  return host.roles.includes(role);
}

/** Hosts that run an API server, by name. */
export function controlPlanes(spec: Topology): HostSpec[] {
  return byName(spec.hosts.filter((host) => hasRole(host, Role.ControlPlane)));
}

/** Control planes that leave with this update. */
export function leavingControlPlanes({ leaving }: Pick<ClusterSpec, "leaving">): LeavingHost[] {
  return leaving.filter((host) => hasRole(host, Role.ControlPlane));
}

/** Hosts that run an etcd member, control planes or not, by name. */
export function etcdMembers(spec: Topology): HostSpec[] {
  return byName(spec.hosts.filter((host) => hasRole(host, Role.Etcd)));
}

/** Where the affairs of the whole cluster are looked after: a control plane that is part of it and in service. */
export function leadControlPlane(spec: Topology): HostSpec {
  return leadOf(controlPlanes(spec), "a cluster needs a control plane");
}

/** The same for etcd's affairs: a member. */
export function leadMember(spec: Topology): HostSpec {
  return leadOf(etcdMembers(spec), "a cluster needs an etcd member");
}

function leadOf(hosts: HostSpec[], otherwise: string): HostSpec {
  const active = hosts.filter(({ state }) => state === HostState.Active);
  const lead = active.find(({ settled }) => settled) ?? active[0] ?? hosts[0];
  if (lead === undefined) throw new Error(otherwise);
  return lead;
}

/** Hosts that are nothing but workers, by name. */
export function workers(spec: Topology): HostSpec[] {
  return byName(spec.hosts.filter((host) => hasRole(host, Role.Worker)));
}

/** Whether a kubelet runs on the host. */
export function isNode(host: Pick<HostSpec, "roles">): boolean {
  return hasRole(host, Role.ControlPlane) || hasRole(host, Role.Worker);
}

/** Hosts that become Kubernetes nodes, by name: control planes and workers, but not hosts that run etcd alone. */
export function nodes(spec: Topology): HostSpec[] {
  return byName(spec.hosts.filter(isNode));
}

// The order in which somebody wrote the hosts must change nothing on any of them.
function byName(hosts: HostSpec[]): HostSpec[] {
  return hosts.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

/** What kubeadm gives to control planes. */
export const controlPlaneTaint: TaintSpec = {
  key: "node-role.kubernetes.io/control-plane",
  value: "",
  effect: "NoSchedule",
};

/** Every taint that a node is to have; kubeadm's own comes first. */
export function nodeTaints(host: HostSpec): TaintSpec[] {
  const isTainted = hasRole(host, Role.ControlPlane) && !host.schedulable;
  return isTainted ? [controlPlaneTaint, ...host.taints] : host.taints;
}

/** A field of KubeletConfiguration as the host's own fields and the cluster's give it; undefined: neither does. */
export function kubeletField(spec: Pick<ClusterSpec, "kubelet">, host: HostSpec, name: string): unknown {
  return host.kubelet[name] ?? spec.kubelet[name];
}

/** As kubectl takes it, `key=value:effect` or `key:effect`. */
export function taintText({ key, value, effect }: TaintSpec): string {
  return `${key}${value === "" ? "" : `=${value}`}:${effect}`;
}

/**
 * Whether the API server of this control plane asks the member of etcd on its own host and no other. One that asked all
 * would hang, for every third call, 10 s and more when the host of another member goes dark: etcd's client notices by
 * TCP_USER_TIMEOUT alone. The own member has the others' answers within an election.
 */
export function asksOwnMember(host: HostSpec): boolean {
  return hasRole(host, Role.ControlPlane) && hasRole(host, Role.Etcd);
}

/** What the API server of a control plane asks. */
export function etcdEndpointsOf(spec: Topology, host: HostSpec): string[] {
  return asksOwnMember(host) ? ["https://127.0.0.1:2379"] : etcdEndpoints(spec);
}

/** Client URL of every etcd member, `https://10.0.0.11:2379`. */
export function etcdEndpoints(spec: Topology): string[] {
  return etcdMembers(spec).map((host) => `https://${host.ip}:2379`);
}

/** Where every client of the API finds it. */
export interface Endpoint {
  /** Address or DNS name. */
  host: string;
  port: number;
  /** `https://192.0.2.10:8443`. */
  url: string;
}

/** The one answer to where the API is, for kubeconfigs, kubeadm, gates and whoever speaks of it. */
export function apiEndpoint({ api }: { api: ApiSpec }): Endpoint {
  const { port } = api;
  const host = api.vip ?? api.loadBalancer?.host;
  if (host === undefined) throw new Error("the API has neither a virtual IP nor a load balancer");
  return { host, port, url: `https://${host}:${port}` };
}

/** An address that moves between control planes. */
export interface VirtualAddress {
  vip: string;
  vipPrefix: number;
  routerId: number;
}

/** The address that keepalived holds; undefined where a load balancer takes its place. */
export function virtualAddress({ vip, vipPrefix, routerId }: ApiSpec): VirtualAddress | undefined {
  return vip === undefined || routerId === undefined ? undefined : { vip, vipPrefix, routerId };
}

/** Whether HAProxy runs on control planes. */
export function hasHaproxy({ by }: Pick<ApiSpec, "by">): boolean {
  return by === ApiBy.Haproxy;
}

/** The n-th address of the service CIDR: the first is the API's ClusterIP, the tenth is the cluster DNS. */
export function serviceIp(serviceCidr: string, n: number): string {
  return addressAt(serviceCidr, n);
}

/** Control planes in the order in which they may act for the whole cluster: those that are part of it, then new ones. */
export function leadingControlPlanes(spec: Topology): HostSpec[] {
  return inOrderOfTrust(controlPlanes(spec));
}

/** Etcd members in the same order. */
export function leadingMembers(spec: Topology): HostSpec[] {
  return inOrderOfTrust(etcdMembers(spec));
}

function inOrderOfTrust(hosts: HostSpec[]): HostSpec[] {
  const rank = ({ state, settled }: HostSpec) => (state === HostState.Active ? (settled ? 0 : 1) : 2);
  return [...hosts].sort((one, other) => rank(one) - rank(other));
}

/** Those that are part of the cluster before those that are not yet. */
export function newestLast(hosts: HostSpec[]): HostSpec[] {
  return [...hosts].sort((one, other) => Number(other.settled) - Number(one.settled));
}
