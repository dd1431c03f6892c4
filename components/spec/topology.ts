/** Questions about who does what in a cluster, answered from the spec alone. */
import { addressAt } from "./cidr";
import { Role, type ClusterSpec, type HostSpec } from "./types";

type Topology = Pick<ClusterSpec, "hosts">;

/** Whether a host has a role. */
export function hasRole(host: Pick<HostSpec, "roles">, role: Role): boolean {
  return host.roles.includes(role);
}

/** Hosts that run an API server, by name. */
export function controlPlanes(spec: Topology): HostSpec[] {
  return byName(spec.hosts.filter((host) => hasRole(host, Role.ControlPlane)));
}

/** Hosts that run an etcd member, control planes or not, by name. */
export function etcdMembers(spec: Topology): HostSpec[] {
  return byName(spec.hosts.filter((host) => hasRole(host, Role.Etcd)));
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

/** Client URL of every etcd member, `https://10.0.0.11:2379`. */
export function etcdEndpoints(spec: Topology): string[] {
  return etcdMembers(spec).map((host) => `https://${host.ip}:2379`);
}

/** The n-th address of the service CIDR: the first is the API's ClusterIP, the tenth is the cluster DNS. */
export function serviceIp(serviceCidr: string, n: number): string {
  return addressAt(serviceCidr, n);
}
