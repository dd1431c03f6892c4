/** What a running cluster cannot change in place. Pure: for whoever knows the old spec. */
import { membershipProblems, type SettledHost } from "./leaving";
import { keyPath, type Problem } from "./problem";
import { ApiBy, type ClusterSpec, type HostSpec } from "./types";

/** What of a spec is decided for good when the cluster is made. */
export interface Settled {
  name: string;
  hosts: SettledHost[];
  api: Pick<ClusterSpec["api"], "by" | "port" | "bindPort"> & {
    vip?: string | undefined;
    loadBalancer?: { host: string } | undefined;
  };
  network: Pick<ClusterSpec["network"], "podCidr" | "serviceCidr" | "dnsDomain" | "plugin">;
  etcd: Pick<ClusterSpec["etcd"], "dataDir">;
}

/** What is wanted next, with the places of its hosts in the configuration. */
export type Wanted = Omit<Settled, "hosts"> & Pick<ClusterSpec, "hosts">;

const rebuild = "or build a new cluster with it and move the workloads";

/** The changes from one spec to the next that must be refused, with the old value and the way out. */
export function immutableChanges(old: Settled, next: Wanted): Problem[] {
  return [
    ...settled("clusterName", old.name, next.name, "is in every resource's name and in the cluster's certificates"),
    ...settled("network.podCidr", old.network.podCidr, next.network.podCidr, "is in every node's pod addresses"),
    ...settled("network.serviceCidr", old.network.serviceCidr, next.network.serviceCidr, "is in every Service"),
    ...settled(
      "network.dnsDomain",
      old.network.dnsDomain,
      next.network.dnsDomain,
      "is in every pod's resolver and in tokens",
    ),
    ...settled("network.plugin", old.network.plugin, next.network.plugin, "holds the network of every running pod"),
    ...changedEndpoint(old.api, next.api),
    ...settled("etcd.dataDir", old.etcd.dataDir, next.etcd.dataDir, "holds the data of every member"),
    ...changedHosts(old, next),
    ...membershipProblems(old.hosts, next),
  ];
}

/** Another kind of endpoint has other keys: of their values there is nothing to say. */
function changedEndpoint(old: Settled["api"], next: Settled["api"]): Problem[] {
  const spread = "is in every kubeconfig of the cluster";
  if (old.by !== next.by) return settled("api.by", old.by, next.by, "decides the address in every kubeconfig");
  const port = next.loadBalancer === undefined ? "api.port" : "api.loadBalancer.port";
  return [
    ...settled("api.vip", old.vip ?? "", next.vip ?? "", spread),
    ...settled("api.loadBalancer.host", old.loadBalancer?.host ?? "", next.loadBalancer?.host ?? "", spread),
    // Without HAProxy it is the port of the API servers.
    ...(next.by === ApiBy.Vip ? [] : settled(port, String(old.port), String(next.port), spread)),
    ...settled(
      "api.bindPort",
      String(old.bindPort),
      String(next.bindPort),
      "is where every API server is found, and they change one by one",
    ),
  ];
}

function settled(key: string, before: string, after: string, reason: string): Problem[] {
  if (before === after) return [];
  return [
    {
      key,
      value: after,
      reason: `was ${before}, ${reason}, and cannot change in place`,
      fix: `Set it back to ${before}, ${rebuild}`,
    },
  ];
}

function changedHosts(old: Settled, next: Wanted): Problem[] {
  return next.hosts.flatMap((host): Problem[] => {
    const before = old.hosts.find(({ name }) => name === host.name);
    if (before === undefined) return [];
    return moved(before, host);
  });
}

function moved(before: SettledHost, { name, ip, place }: HostSpec): Problem[] {
  if (before.ip === ip) return [];
  const reason = `was ${before.ip}, and a node or etcd member of the same name cannot change its address in place`;
  const fix = `Set it back to ${before.ip}; a new host at ${ip} gets a name of its own, and may be added as ${name} leaves`;
  return [{ key: keyPath(["hosts", place, "ip"]), value: ip, reason, fix }];
}
