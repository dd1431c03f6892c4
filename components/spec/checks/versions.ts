/** Versions: supported, and fit for one another. */
import semver from "semver";
import { show, type Problem } from "../problem";
import { sentence } from "../sentence";
import type { VersionsSpec } from "../types";
import { etcdFloors, etcdSafe, minorOf, minors, minorVersions, type MinorVersions } from "../versions";

export const versionChecks = [
  sentence("kubernetes-supported", "Kubernetes is of a supported minor", ["versions"], ({ versions }) => {
    if (minorVersions(versions.kubernetes) !== undefined) return [];
    const key = "kubernetesVersion";
    const known = minors.map(({ minor }) => minor).join(", ");
    const fix = `Choose a patch release of one of those, like ${minors.at(-1)?.tested}`;
    const reason = `this release of the program supports Kubernetes ${known}`;
    return [{ key, value: versions.kubernetes, reason, fix }];
  }),

  sentence("etcd-fits-kubernetes", "etcd fits the Kubernetes minor", ["versions"], ({ versions }) =>
    withRow(versions, (row) => {
      const words = unfitEtcd(versions.etcd, row);
      const fix = `Use etcd ${row.etcdRecommended}`;
      return words === undefined ? [] : [{ key: "etcdVersion", value: versions.etcd, reason: words, fix }];
    }),
  ),

  sentence("containerd-fits-kubernetes", "containerd fits the Kubernetes minor", ["versions"], ({ versions }) =>
    withRow(versions, (row) => {
      const { containerd } = versions;
      const key = "containerdVersion";
      if (semver.lt(containerd, row.containerdMinimum)) {
        const reason = `is older than ${row.containerdMinimum}: it cannot read the configuration that the program writes, and Kubernetes is leaving 1.x behind`;
        return [{ key, value: containerd, reason, fix: "Use 2.2.x, or remove the key for the default" }];
      }
      if (semver.lt(containerd, row.containerdBelow)) return [];
      const reason = `is not known to work with Kubernetes ${row.minor}`;
      return [{ key, value: containerd, reason, fix: `Use a release below ${row.containerdBelow}` }];
    }),
  ),
];

export const versionWarnings = [
  sentence("etcd-security-fixes", "etcd has the security fixes of July 2026", ["versions"], ({ versions }) => {
    const safe = etcdSafe[minorOf(versions.etcd) ?? ""];
    if (safe === undefined || semver.gte(versions.etcd, safe)) return [];
    const reason = "can be stalled by unauthenticated TLS handshakes (GHSA-6vch-q96h-7gc3)";
    return [{ key: "etcdVersion", value: show(versions.etcd), reason, fix: `Plan for ${safe} or newer` }];
  }),
];

function withRow(versions: VersionsSpec, check: (row: MinorVersions) => Problem[]): Problem[] {
  const row = minorVersions(versions.kubernetes);
  return row === undefined ? [] : check(row);
}

function unfitEtcd(etcd: string, row: MinorVersions): string | undefined {
  if (semver.lt(etcd, row.etcdMinimum))
    return `is older than ${row.etcdMinimum}, the oldest that kubeadm ${row.minor} accepts`;
  if (semver.gte(etcd, row.etcdBelow))
    return `is newer than Kubernetes ${row.minor} is tested with (below ${row.etcdBelow})`;
  const floor = etcdFloors[minorOf(etcd) ?? ""];
  if (floor === undefined || semver.gte(etcd, floor)) return undefined;
  return `is older than ${floor}, the first 3.5 from which etcd's guide allows the way on to 3.6`;
}
