/** Who was part of the cluster before this update: as recorded or, without a record, as the cluster itself says. */
import { leavesProblems, type SettledHost } from "../../spec/leaving";
import { hasRole } from "../../spec/topology";
import { HostState, Role, type LeavingHost } from "../../spec/types";
import { check, Severity, Weight, type Check, type Context, type Finding } from "./check";
import { hostOfMember, membersSeen, nodesSeen } from "./cluster";

/** Members and nodes that no host of the configuration stands for are taken out with or without a record. */
export const beforeChecks: Check[] = [
  check(
    "leave-one-by-one-unrecorded",
    "without a record, too, one control plane and one etcd member at a time leaves",
    Weight.Error,
    (context): Finding[] => {
      if (context.applied !== undefined) return [];
      return leavesProblems(hostsSeen(context), context.spec).map((problem) => ({
        ...problem,
        severity: Severity.Error,
      }));
    },
  ),
];

export function hostsBefore(context: Context): SettledHost[] {
  return context.applied?.hosts ?? hostsSeen(context);
}

function hostsSeen(context: Context): SettledHost[] {
  const seen = new Map<string, SettledHost>();
  const note = (name: string, ip: string, role: Role) => {
    const known: LeavingHost = seen.get(name) ?? { name, ip, sshHost: ip, hostKey: "", roles: [] };
    if (!hasRole(known, role)) known.roles.push(role);
    seen.set(name, { ...known, state: HostState.Active });
  };
  for (const member of membersSeen(context)) {
    const name = hostOfMember(context, member)?.host.name ?? (member.name || member.id);
    note(name, member.peerUrls[0] ?? "", Role.Etcd);
  }
  for (const { name, ip, controlPlane } of nodesSeen(context)) {
    note(name, ip, controlPlane ? Role.ControlPlane : Role.Worker);
  }
  return [...seen.values()];
}
