/** Which changes of versions a running cluster can take. Pure. */
import semver from "semver";
import type { Problem } from "./problem";
import { etcdMinors, minorOf, minorVersions } from "./versions";

/** Kubernetes goes up one minor at a time, or within one; never down. */
export function kubernetesUpgradeProblems(from: string, to: string): Problem[] {
  const key = "kubernetesVersion";
  if (semver.lt(to, from)) return [downgrade(key, from, to, "Kubernetes does not go back to an older release")];
  if (semver.minor(to) - semver.minor(from) <= 1) return [];
  const next = `1.${semver.minor(from) + 1}`;
  return [
    {
      key,
      value: to,
      reason: `the cluster runs ${from}, and kubeadm upgrades one minor at a time`,
      fix: `Set ${minorVersions(next)?.tested ?? `v${next}.x`} first`,
    },
  ];
}

/** The way from one release of etcd to another, or why there is none. */
export interface EtcdPath {
  /** The releases to set in turn, the last one the target; empty when there is no way or nothing to do. */
  hops: string[];
  refused: Problem | undefined;
}

/**
 * The releases to set one after another, each on every member before the next. Every hop stays in its minor, or enters
 * the next one from a patch that etcd's guide allows.
 */
export function etcdUpgradePath(from: string, to: string): EtcdPath {
  const key = "etcdVersion";
  const none = (refused: Problem): EtcdPath => ({ hops: [], refused });
  if (semver.lt(to, from)) return none(downgrade(key, from, to, "an older etcd does not read the data of a newer one"));
  const [first, last] = [from, to].map((version) => etcdMinors.findIndex(({ minor }) => minor === minorOf(version)));
  if (first === undefined || first < 0 || last === undefined || last < 0) {
    const known = etcdMinors.map(({ minor }) => minor).join(", ");
    const reason = `the way from ${from} is not known: this release of the program knows etcd ${known}`;
    return none({ key, value: to, reason, fix: `Set it back to ${from}` });
  }
  const stops = etcdMinors
    .slice(first, last)
    .filter(({ leaveFrom }, index) => index > 0 || semver.lt(from, leaveFrom))
    .map(({ stopover }) => stopover);
  return { hops: from === to ? [] : [...stops, to], refused: undefined };
}

/** etcd goes up by one hop at a time. */
export function etcdUpgradeProblems(from: string, to: string): Problem[] {
  const { hops, refused } = etcdUpgradePath(from, to);
  if (refused !== undefined) return [refused];
  const [first, second] = hops;
  if (first === undefined || second === undefined) return [];
  const way = [from, ...hops].join(" → ");
  return [
    {
      key: "etcdVersion",
      value: to,
      reason: `the members run ${from}, and the way is ${way}`,
      fix: `Set ${first} first`,
    },
  ];
}

/** containerd goes down within a minor only. */
export function containerdUpgradeProblems(from: string, to: string): Problem[] {
  if (semver.gte(to, from) || minorOf(to) === minorOf(from)) return [];
  return [downgrade("containerdVersion", from, to, "an older minor may not read what a newer one stored")];
}

export interface KubeletVersion {
  /** Of the node. */
  name: string;
  /** `v1.35.4`. */
  version: string;
}

/** How many minors a kubelet may be older than the API server (Kubernetes' version skew policy). */
const KUBELET_SKEW = 3;

/** Kubelets that are, or would be, newer than the API servers or too old for them. */
export function skewProblems(versions: { apiServer: string; kubelets: KubeletVersion[] }): Problem[] {
  const { apiServer, kubelets } = versions;
  return kubelets.flatMap(({ name, version }): Problem[] => {
    const older = semver.minor(apiServer) - semver.minor(version);
    const problem = { key: "kubernetesVersion", value: apiServer };
    if (older < 0) {
      const reason = `the kubelet of ${name} is ${version}, and must not be newer than the API servers`;
      return [{ ...problem, reason, fix: `Set ${version} or newer, or take ${name} off the list` }];
    }
    if (older <= KUBELET_SKEW) return [];
    const reason = `the kubelet of ${name} is ${version}, and may be ${KUBELET_SKEW} minors older than the API servers at most`;
    return [{ ...problem, reason, fix: `Bring ${name} to a newer release first, or take it off the list` }];
  });
}

function downgrade(key: string, from: string, to: string, why: string): Problem {
  return { key, value: to, reason: `the cluster runs ${from}, and ${why}`, fix: `Set ${from} or newer` };
}
