/** How many hosts do what. */
import { kinds, type Kind } from "../leaving";
import { keyPath, type Problem } from "../problem";
import { sentence } from "../sentence";
import { controlPlanes, etcdMembers, hasRole } from "../topology";
import { HostState, Role, type HostSpec } from "../types";

export const topologyChecks = [
  sentence("control-plane-exists", "a host is a control plane", ["hosts"], ({ hosts }) => {
    if (controlPlanes({ hosts: hosts.filter(isThere) }).length > 0) return [];
    const isLost = controlPlanes({ hosts }).length > 0;
    const reason = isLost ? "every control plane is lost" : "no host has the role control-plane";
    const fix = isLost ? GONE : "Give three hosts the role control-plane";
    return [{ key: "hosts", value: "", reason, fix }];
  }),

  sentence("etcd-exists", "a host is an etcd member", ["hosts"], ({ hosts }) => {
    if (etcdMembers({ hosts: hosts.filter(isThere) }).length > 0) return [];
    const isLost = etcdMembers({ hosts }).length > 0;
    const reason = isLost ? "every etcd member is lost" : "no host has the role etcd";
    return [{ key: "hosts", value: "", reason, fix: isLost ? GONE : "Give the role etcd to 3 hosts" }];
  }),

  sentence(
    "etcd-odd",
    "etcd has 1, 3, 5 or 7 members, or 4 or 6 on the way down",
    ["hosts", "membersBefore"],
    ({ hosts, membersBefore }) => {
      const count = etcdMembers({ hosts }).length;
      if ([0, 1, 3, 5, 7].includes(count) || isOnTheWay(count, membersBefore)) return [];
      return [{ key: "hosts", value: "", ...etcdCountWords(count, hosts, membersBefore) }];
    },
  ),

  sentence(
    "maintenance-one",
    "one control plane and one etcd member at a time is in maintenance, and the others go on without it",
    ["hosts"],
    ({ hosts }) => kinds.flatMap((kind) => restProblems(kind, hosts.filter(isThere))),
  ),

  sentence(
    "control-plane-ha",
    "the control plane survives the loss of a host",
    ["hosts", "allowNonHa"],
    ({ hosts, allowNonHa }) => {
      const count = controlPlanes({ hosts }).length;
      if (count === 0 || count >= 3 || allowNonHa) return [];
      const reason = `${plural(count, "control plane")} cannot lose one`;
      const fix = "Give the role control-plane to three hosts, or set allowNonHa: true for a cluster that may go down";
      return [{ key: "hosts", value: "", reason, fix }];
    },
  ),

  sentence("host-roles", "every host has a sensible set of roles", ["hosts"], ({ hosts }) =>
    hosts.flatMap(roleProblems),
  ),
];

export const topologyWarnings = [
  sentence(
    "etcd-shrinking",
    "etcd does not stay at an even number of members",
    ["hosts", "membersBefore"],
    ({ hosts, membersBefore }) => {
      const count = etcdMembers({ hosts }).length;
      if (!isOnTheWay(count, membersBefore)) return [];
      const { reason } = etcdCountWords(count, hosts, membersBefore);
      return [{ key: "hosts", value: "", reason, fix: "Take off one more in the next update, or add one" }];
    },
  ),
];

const GONE = "Bring one back with its data; if the cluster is gone, run `pulumi destroy` and build it anew";

function isThere({ state }: HostSpec): boolean {
  return state !== HostState.Lost;
}

// Members leave one an update, so that five become three by way of four. Two are no way to anywhere: the loss of one
// ends the cluster, and a dead one that stays on the list as lost counts.
function isOnTheWay(count: number, before: number): boolean {
  return count % 2 === 0 && count >= 4 && count <= before;
}

function restProblems({ role, noun }: Kind, hosts: HostSpec[]): Problem[] {
  const all = hosts.filter((host) => hasRole(host, role));
  const resting = all.filter(({ state }) => state === HostState.Maintenance);
  const [first, second] = resting;
  if (first === undefined) return [];
  const refuse = (host: HostSpec, reason: string, fix: string) => [
    { key: keyPath(["hosts", host.place, "state"]), value: host.state, reason, fix },
  ];
  if (second !== undefined) {
    const reason = `puts ${second.name} out of service beside ${first.name}, and one ${noun} at a time may be`;
    return refuse(second, reason, `Set ${first.name} to \`state: active\` and run an update first`);
  }
  const least = role === Role.Etcd ? Math.floor(all.length / 2) + 1 : 1;
  if (all.length - 1 >= least) return [];
  const reason = `leaves ${plural(all.length - 1, noun)} of ${all.length}, and the cluster needs ${least}`;
  return refuse(first, reason, `Keep ${first.name} in service, or add hosts first`);
}

function etcdCountWords(count: number, hosts: HostSpec[], before: number): Pick<Problem, "reason" | "fix"> {
  if (count > 7)
    return {
      reason: `${count} etcd members are more than 7, and every write waits for a majority`,
      fix: "Keep the role etcd on 3 or 5 hosts",
    };
  const reason = `${count} etcd members tolerate no more failures than ${count - 1}`;
  if (before > count) {
    const fix =
      "Add another host in the place of the one that leaves, or keep that on the list: a dead one with `state: lost`";
    return { reason, fix };
  }
  const [lost] = hosts.filter((host) => hasRole(host, Role.Etcd) && !isThere(host));
  const less = lost === undefined ? "" : `, or take ${lost.name} off the list, which is lost`;
  return { reason, fix: `Give the role etcd to ${count - 1} or ${count + 1} hosts${less}` };
}

function roleProblems(host: HostSpec, index: number): Problem[] {
  const key = keyPath(["hosts", index, "roles"]);
  const value = `[${host.roles.join(", ")}]`;
  if (host.roles.length === 0) {
    return [
      {
        key,
        value,
        reason: `${host.name} has no role`,
        fix: "Give it control-plane, etcd or worker, or remove the host",
      },
    ];
  }
  if (new Set(host.roles).size < host.roles.length) {
    return [{ key, value, reason: `${host.name} has a role twice`, fix: "Name every role once" }];
  }
  if (hasRole(host, Role.Worker) && host.roles.length > 1) {
    const reason = `${host.name} is a worker and more, and upgrades treat the two differently`;
    return [{ key, value, reason, fix: "Make it [worker] alone, or leave worker out" }];
  }
  return [];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
