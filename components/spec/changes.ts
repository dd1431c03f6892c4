/** What a running cluster cannot change in place. Pure: for whoever knows the old spec. */
import { keyPath, type Problem } from "./problem";
import { isNode } from "./topology";
import type { ClusterSpec, HostSpec } from "./types";

/** What of a spec is decided for good when the cluster is made. */
export interface Settled {
  name: string;
  hosts: SettledHost[];
  api: Pick<ClusterSpec["api"], "vip" | "port" | "bindPort">;
  network: Pick<ClusterSpec["network"], "podCidr" | "serviceCidr" | "dnsDomain" | "plugin">;
  etcd: Pick<ClusterSpec["etcd"], "dataDir">;
}

type SettledHost = Pick<HostSpec, "name" | "ip" | "roles" | "taints">;

const rebuild = "or build a new cluster with it and move the workloads";

/** The changes from one spec to the next that must be refused, with the old value and the way out. */
export function immutableChanges(old: Settled, next: Settled): Problem[] {
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
    ...settled("api.vip", old.api.vip, next.api.vip, "is in every kubeconfig of the cluster"),
    ...settled("api.port", String(old.api.port), String(next.api.port), "is in every kubeconfig of the cluster"),
    ...settled(
      "api.bindPort",
      String(old.api.bindPort),
      String(next.api.bindPort),
      "is where HAProxy finds every API server, and they change one by one",
    ),
    ...settled("etcd.dataDir", old.etcd.dataDir, next.etcd.dataDir, "holds the data of every member"),
    ...changedHosts(old, next),
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

function changedHosts(old: Settled, next: Settled): Problem[] {
  return next.hosts.flatMap((host, index): Problem[] => {
    const before = old.hosts.find(({ name }) => name === host.name);
    if (before === undefined) return [];
    return [...moved(index, before, host), ...retainted(index, before, host)];
  });
}

function moved(index: number, before: SettledHost, { name, ip }: SettledHost): Problem[] {
  if (before.ip === ip) return [];
  const reason = `was ${before.ip}, and a node or etcd member of the same name cannot change its address in place`;
  const fix = `Set it back to ${before.ip}; to replace ${name}, remove it in one run and add the new host in the next`;
  return [{ key: keyPath(["hosts", index, "ip"]), value: ip, reason, fix }];
}

// The kubelet sets taints when it registers its node, and never again.
function retainted(index: number, before: SettledHost, after: SettledHost): Problem[] {
  const was = taintText(before);
  const value = taintText(after);
  if (!isNode(before) || was === value) return [];
  const reason = `was ${was}, and taints are given to a node when it joins, not to a running one`;
  return [{ key: keyPath(["hosts", index, "taints"]), value, reason, fix: `Set it back to ${was}` }];
}

function taintText({ taints }: SettledHost): string {
  const words = taints.map(({ key, value, effect }) => `${key}${value === "" ? "" : `=${value}`}:${effect}`);
  return words.length === 0 ? "no taint" : words.sort().join(",");
}
