/** The node table of the stack's outputs. Pure. */
import { hasRole, isNode } from "../spec/topology";
import { Role, type ClusterSpec } from "../spec/types";

export interface NodeRow {
  name: string;
  ip: string;
  roles: string[];
  /** Kubernetes on nodes, etcd on members. */
  versions: { kubernetes?: string; containerd?: string; etcd?: string };
}

/** One row a host, in the order of the configuration. */
export function nodeTable(spec: ClusterSpec): NodeRow[] {
  const { kubernetes, containerd, etcd } = spec.versions;
  return spec.hosts.map((host) => {
    return {
      name: host.name,
      ip: host.ip,
      roles: [...host.roles],
      versions: { ...(isNode(host) && { kubernetes, containerd }), ...(hasRole(host, Role.Etcd) && { etcd }) },
    };
  });
}
