/** Hosts: each is itself and no other. */
import { isIpv4 } from "../cidr";
import { keyPath, type Problem } from "../problem";
import { sentence } from "../sentence";
import { controlPlaneTaint, hasRole } from "../topology";
import { Role, type HostSpec } from "../types";

const ownLabels = ["kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch"];

export const hostChecks = [
  sentence("host-names-unique", "host names are unique", ["hosts"], ({ hosts }) =>
    repeated(hosts, "name", (host) => host.name, "Give every host a name of its own, or remove one of the two"),
  ),

  sentence("host-addresses-unique", "host addresses are unique", ["hosts"], ({ hosts }) =>
    repeated(hosts, "ip", (host) => host.ip, "Set the address of each host's own interface, or remove one of the two"),
  ),

  sentence("ssh-addresses-unique", "SSH addresses are unique", ["hosts"], ({ hosts }) =>
    repeated(
      hosts,
      "sshHost",
      // Without an address of its own a host is reached at its ip, and the same ip twice is told of above.
      (host) => (hosts.some((other) => other !== host && other.ip === host.ip) ? "" : host.sshHost),
      "Set the address that leads to this host alone",
    ),
  ),

  sentence("host-keys-unique", "no two hosts share an SSH host key", ["hosts"], ({ hosts }) =>
    repeated(
      hosts,
      "hostKey",
      // The same machine named twice is told of above.
      (host) => (hosts.some((other) => other !== host && other.sshHost === host.sshHost) ? "" : host.hostKey),
      "Make new keys on one of them (`ssh-keygen -A` after removing /etc/ssh/ssh_host_*), or correct the entry",
    ),
  ),

  sentence("host-not-localhost", "no host is named localhost", ["hosts"], ({ hosts }) =>
    hosts.flatMap(({ name }, index): Problem[] => {
      if (!/^localhost(\.|$)/.test(name)) return [];
      const reason = "means the machine itself on every machine";
      return [{ key: keyPath(["hosts", index, "name"]), value: name, reason, fix: "Give the host a name of its own" }];
    }),
  ),

  sentence("host-addresses-usable", "host addresses can belong to a host", ["hosts"], ({ hosts }) =>
    hosts.flatMap(({ ip }, index): Problem[] => {
      const reason = unusable(ip);
      if (reason === undefined) return [];
      return [
        {
          key: keyPath(["hosts", index, "ip"]),
          value: ip,
          reason,
          fix: "Set the address that other nodes reach it by",
        },
      ];
    }),
  ),

  sentence("labels-not-owned", "labels leave alone what the kubelet sets", ["hosts"], ({ hosts }) =>
    hosts.flatMap((host, index) =>
      Object.keys(host.labels)
        .filter((label) => ownLabels.includes(label))
        .map((label): Problem => {
          const key = keyPath(["hosts", index, "labels", label]);
          return { key, value: host.labels[label] ?? "", reason: "is set by the kubelet itself", fix: "Remove it" };
        }),
    ),
  ),

  sentence("taints-not-owned", "taints leave alone what kubeadm sets", ["hosts"], ({ hosts }) =>
    hosts.flatMap((host, index) =>
      host.taints.flatMap(({ key: taint, effect }, position): Problem[] => {
        if (taint !== controlPlaneTaint.key) return [];
        const key = keyPath(["hosts", index, "taints", position]);
        const fix = "Remove it; `schedulable` says whether a control plane has it";
        return [{ key, value: `${taint}:${effect}`, reason: "is kubeadm's own on control planes", fix }];
      }),
    ),
  ),

  sentence("schedulable-control-planes", "only control planes are made schedulable", ["hosts"], ({ hosts }) =>
    hosts.flatMap((host, index): Problem[] => {
      if (!host.schedulable || hasRole(host, Role.ControlPlane)) return [];
      const reason = `changes nothing: ${host.name} is no control plane`;
      return [{ key: keyPath(["hosts", index, "schedulable"]), value: "true", reason, fix: "Remove it" }];
    }),
  ),

  sentence("taints-unique", "a host has a taint once", ["hosts"], ({ hosts }) =>
    hosts.flatMap((host, index) =>
      host.taints.flatMap((taint, position): Problem[] => {
        const same = host.taints.findIndex(({ key, effect }) => key === taint.key && effect === taint.effect);
        if (same === position) return [];
        const key = keyPath(["hosts", index, "taints", position]);
        const reason = `repeats key and effect of taints[${same}]`;
        return [{ key, value: `${taint.key}:${taint.effect}`, reason, fix: "Keep one of them" }];
      }),
    ),
  ),
];

/** Why an address cannot be a host's or the VIP; undefined when it can. */
export function unusable(ip: string): string | undefined {
  if (!isIpv4(ip)) return undefined; // The schema has refused it.
  const [first = 0, second = 0] = ip.split(".").map(Number);
  if (first === 0) return "is an address of no network";
  if (first === 127) return "is a loopback address";
  if (first === 169 && second === 254) return "is a link-local address";
  if (first >= 224) return "is a multicast or reserved address";
  return undefined;
}

function repeated(hosts: HostSpec[], field: string, of: (host: HostSpec) => string, fix: string): Problem[] {
  return hosts.flatMap((host, index): Problem[] => {
    const value = of(host);
    const first = hosts.findIndex((other) => of(other) === value);
    if (value === "" || first === index) return [];
    const reason = `is also that of hosts[${first}] (${hosts[first]?.name})`;
    const shown = field === "hostKey" ? `${value.slice(0, 28)}…` : value;
    return [{ key: keyPath(["hosts", index, field]), value: shown, reason, fix }];
  });
}
