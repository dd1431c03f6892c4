/** What the last complete update of a stack applied, and which changes from there are refused. Pure. */
import { z } from "zod";
import { immutableChanges, type Settled } from "./changes";
import { keyPath, type Problem } from "./problem";
import { patterns } from "./schema/patterns";
import { isNode } from "./topology";
import { Role, type ClusterSpec } from "./types";
import { containerdUpgradeProblems, etcdUpgradeProblems, kubernetesUpgradeProblems } from "./upgrades";

const appliedSchema = z.object({
  name: z.string(),
  versions: z.object({
    kubernetes: z.string().regex(patterns.kubernetesVersion),
    etcd: z.string().regex(patterns.plainVersion),
    containerd: z.string().regex(patterns.plainVersion),
  }),
  hosts: z.array(
    z.object({
      name: z.string(),
      ip: z.string(),
      roles: z.array(z.enum(Role)),
      taints: z.array(z.object({ key: z.string(), value: z.string(), effect: z.string() })),
    }),
  ),
  api: z.object({ vip: z.string(), port: z.number(), bindPort: z.number() }),
  network: z.object({
    podCidr: z.string(),
    serviceCidr: z.string(),
    dnsDomain: z.string(),
    plugin: z.string(),
  }),
  etcd: z.object({ dataDir: z.string() }),
});

/** The part of a spec that later changes are judged by; plain JSON without secrets, fit for a stack output. */
export interface Applied extends Settled {
  versions: Pick<ClusterSpec["versions"], "kubernetes" | "etcd" | "containerd">;
}

/** What is to be recorded of a spec: nothing that the rules do not read. */
export function appliedOf(spec: Applied): Applied {
  return appliedSchema.parse(spec);
}

/** What was recorded; undefined when it is not of that shape. */
export function parseApplied(value: unknown): Applied | undefined {
  return appliedSchema.safeParse(value).data;
}

/** Everything in a spec that the cluster as last applied cannot be changed to in one update. */
export function changeProblems(applied: Applied, spec: Applied): Problem[] {
  const [before, after] = [applied.versions, spec.versions];
  return [
    ...kubernetesUpgradeProblems(before.kubernetes, after.kubernetes),
    ...etcdUpgradeProblems(before.etcd, after.etcd),
    ...containerdUpgradeProblems(before.containerd, after.containerd),
    ...immutableChanges(applied, spec),
    ...newcomers(applied, spec),
  ];
}

/** A node joins with the new version before the control planes have it: its kubelet would be newer than they are. */
function newcomers(applied: Applied, spec: Applied): Problem[] {
  const [from, to] = [applied.versions.kubernetes, spec.versions.kubernetes];
  if (from === to) return [];
  return spec.hosts.flatMap((host, index): Problem[] => {
    if (!isNode(host) || applied.hosts.some(({ name }) => name === host.name)) return [];
    const reason = `would join with ${to} while the cluster still runs ${from}`;
    return [
      {
        key: keyPath(["hosts", index, "name"]),
        value: host.name,
        reason,
        fix: "Change the version in one update and add the host in another",
      },
    ];
  });
}
