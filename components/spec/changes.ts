/** What a running cluster cannot change in place. Pure: for whoever knows the old spec. */
import type { SettledHost } from "./leaving";
import { keyPath, type Problem } from "./problem";
import { rule, type Rule } from "./rule";
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

/** In the order of the configuration; each refuses with the old value and the way out. */
export const settingRules: Rule<Settled, Wanted>[] = [
  kept("cluster-name-kept", "the cluster keeps its name", {
    key: "clusterName",
    of: ({ name }) => name,
    why: "is in every resource's name and in the cluster's certificates",
  }),
  kept("pod-cidr-kept", "the cluster keeps its pod CIDR", {
    key: "network.podCidr",
    of: ({ network }) => network.podCidr,
    why: "is in every node's pod addresses",
  }),
  kept("service-cidr-kept", "the cluster keeps its service CIDR", {
    key: "network.serviceCidr",
    of: ({ network }) => network.serviceCidr,
    why: "is in every Service",
  }),
  kept("dns-domain-kept", "the cluster keeps its DNS domain", {
    key: "network.dnsDomain",
    of: ({ network }) => network.dnsDomain,
    why: "is in every pod's resolver and in tokens",
  }),
  kept("network-plugin-kept", "the cluster keeps its network plugin", {
    key: "network.plugin",
    of: ({ network }) => network.plugin,
    why: "holds the network of every running pod",
  }),
  rule("endpoint-kept", "the API stays where it is", (old, next) => changedEndpoint(old.api, next.api)),
  kept("etcd-data-dir-kept", "etcd's data stay where they are", {
    key: "etcd.dataDir",
    of: ({ etcd }) => etcd.dataDir,
    why: "holds the data of every member",
  }),
];

/** Of hosts by name. */
export const addressRules: Rule<Pick<Settled, "hosts">, Pick<Wanted, "hosts">>[] = [
  rule("host-addresses-kept", "a host keeps its address", (old, next) =>
    next.hosts.flatMap((host): Problem[] => {
      const before = old.hosts.find(({ name }) => name === host.name);
      return before === undefined ? [] : moved(before, host);
    }),
  ),
];

interface Kept {
  key: string;
  of: (spec: Omit<Settled, "hosts">) => string;
  /** Why it cannot change. */
  why: string;
}

function kept(id: string, name: string, { key, of, why }: Kept): Rule<Settled, Wanted> {
  return rule(id, name, (old, next) => settled(key, of(old), of(next), why));
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

function moved(before: SettledHost, { name, ip, place }: HostSpec): Problem[] {
  if (before.ip === ip) return [];
  const reason = `was ${before.ip}, and a node or etcd member of the same name cannot change its address in place`;
  const fix = `Set it back to ${before.ip}; a new host at ${ip} gets a name of its own, and may be added as ${name} leaves`;
  return [{ key: keyPath(["hosts", place, "ip"]), value: ip, reason, fix }];
}
