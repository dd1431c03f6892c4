/** Which changes from one update to the next are refused, as one list of sentences to read from top to bottom. Pure. */
import type { Applied } from "./applied";
import { addressRules, settingRules, type Wanted } from "./changes";
import { membershipRules, newcomers } from "./leaving";
import { keyPath, type Problem } from "./problem";
import { rule, type Rule } from "./rule";
import { hasRole, isNode } from "./topology";
import { HostState, Role } from "./types";
import { containerdUpgradeProblems, etcdUpgradeProblems, kubernetesUpgradeProblems } from "./upgrades";

type Next = Wanted & Pick<Applied, "versions">;

/** Judged by the record of the last complete update, without any host. */
export const changeRules: Rule<Applied, Next>[] = [
  rule("kubernetes-way", "Kubernetes goes up by one minor at most, and never down", (before, next) =>
    kubernetesUpgradeProblems(before.versions.kubernetes, next.versions.kubernetes),
  ),
  rule("etcd-way", "etcd goes up by one step that its guide allows, and never down", (before, next) =>
    etcdUpgradeProblems(before.versions.etcd, next.versions.etcd),
  ),
  rule("containerd-way", "containerd goes down within a minor only", (before, next) =>
    containerdUpgradeProblems(before.versions.containerd, next.versions.containerd),
  ),
  ...settingRules,
  ...addressRules,
  ...membershipRules,
  rule("join-at-version", "nodes join at the version that the cluster runs", joinsAhead),
  rule("rest-at-version", "no control plane or etcd member rests while versions change", leftBehind),
];

/** Everything in a spec that the cluster as last applied cannot be changed to in one update. */
export function changeProblems(applied: Applied, spec: Next): Problem[] {
  return changeRules.flatMap(({ find }) => find(applied, spec));
}

/** A node joins with the new version before the control planes have it: its kubelet would be newer than they are. */
function joinsAhead(applied: Applied, spec: Next): Problem[] {
  const [from, to] = [applied.versions.kubernetes, spec.versions.kubernetes];
  if (from === to) return [];
  return newcomers(applied.hosts, spec).flatMap((host): Problem[] => {
    if (!isNode(host)) return [];
    const reason = `would join with ${to} while the cluster still runs ${from}`;
    return [
      {
        key: keyPath(["hosts", host.place, "name"]),
        value: host.name,
        reason,
        fix: "Change the version in one update and add the host in another",
      },
    ];
  });
}

/** A member or control plane that rests keeps its versions, and would not be taken along. */
function leftBehind(applied: Applied, spec: Next): Problem[] {
  const [before, after] = [applied.versions, spec.versions];
  if (before.kubernetes === after.kubernetes && before.etcd === after.etcd) return [];
  return spec.hosts.flatMap((host): Problem[] => {
    if (host.state !== HostState.Maintenance || hasRole(host, Role.Worker)) return [];
    const reason = `leaves ${host.name} behind while the others change their version`;
    const fix = "Set it to `active` and run an update first, or change the version later";
    return [{ key: keyPath(["hosts", host.place, "state"]), value: host.state, reason, fix }];
  });
}
