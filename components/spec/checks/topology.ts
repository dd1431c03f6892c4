/** How many hosts do what. */
import { keyPath, type Problem } from "../problem";
import { sentence } from "../sentence";
import { controlPlanes, etcdMembers, hasRole } from "../topology";
import { Role, type HostSpec } from "../types";

export const topologyChecks = [
  sentence("etcd has 1, 3, 5 or 7 members", ["hosts"], ({ hosts }) => {
    const count = etcdMembers({ hosts }).length;
    if ([1, 3, 5, 7].includes(count)) return [];
    return [{ key: "hosts", value: "", ...etcdCountWords(count) }];
  }),

  sentence("the control plane survives the loss of a host", ["hosts", "allowNonHa"], ({ hosts, allowNonHa }) => {
    const count = controlPlanes({ hosts }).length;
    if (count >= 3 || (count > 0 && allowNonHa)) return [];
    const reason =
      count === 0 ? "no host has the role control-plane" : `${plural(count, "control plane")} cannot lose one`;
    const fix =
      count === 0
        ? "Give three hosts the role control-plane"
        : "Give the role control-plane to three hosts, or set allowNonHa: true for a cluster that may go down";
    return [{ key: "hosts", value: "", reason, fix }];
  }),

  sentence("every host has a sensible set of roles", ["hosts"], ({ hosts }) => hosts.flatMap(roleProblems)),
];

function etcdCountWords(count: number): Pick<Problem, "reason" | "fix"> {
  if (count === 0) return { reason: "no host has the role etcd", fix: "Give the role etcd to 3 hosts" };
  if (count > 7)
    return {
      reason: `${count} etcd members are more than 7, and every write waits for a majority`,
      fix: "Keep the role etcd on 3 or 5 hosts",
    };
  const reason = `${count} etcd members tolerate no more failures than ${count - 1}`;
  return { reason, fix: `Give the role etcd to ${count - 1} or ${count + 1} hosts` };
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
