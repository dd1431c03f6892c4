/** etcd has a member to spare while versions change. */
import { etcdMembers, hasRole } from "../../spec/topology";
import { Role } from "../../spec/types";
import { check, Severity, Weight, type Check, type Context, type Finding } from "./check";
import { membersSeen } from "./cluster";
import { isUnderWay, moves } from "./running";

export const spareChecks: Check[] = [
  check("etcd-spares-one", "versions change while etcd has not just 2 members", Weight.ByUpgrade, pair),
];

// One member goes down with every release of it, and two know no majority of one.
function pair(context: Context): Finding[] {
  const move = moves(context).find(
    ({ key, wanted, before }) => key !== "containerdVersion" && before.some((version) => version !== wanted),
  );
  if (move === undefined || ![membersNow(context), etcdMembers(context.spec).length].includes(2)) return [];
  const { kubernetes, etcd } = context.spec.versions;
  const value = move.key === "kubernetesVersion" ? kubernetes : etcd;
  const reason =
    membersNow(context) === 2
      ? "would change what runs while etcd has 2 members, and etcd stops when one of them is down"
      : "would change what runs in the update that takes etcd to 2 members, and etcd stops when one of them is down";
  const fix = `Leave ${move.key} as it was until etcd has 3 members, or 1`;
  // Once it has begun, the way out is to its end.
  return [{ key: move.key, value, reason, fix, severity: isUnderWay(context) ? Severity.Warning : Severity.Error }];
}

/** Those with a vote, as etcd says, or else as the last update left them. */
function membersNow(context: Context): number {
  const voters = membersSeen(context).filter(({ learner }) => !learner).length;
  if (voters > 0) return voters;
  return context.applied?.hosts.filter((host) => hasRole(host, Role.Etcd)).length ?? 0;
}
