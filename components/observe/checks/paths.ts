/** Hosts reach one another where the cluster needs it. */
import {
  Severity,
  everyHost,
  onHost,
  pasteable,
  Weight,
  type Check,
  type Context,
  type Finding,
  type Seen,
} from "./check";
import { neededPorts } from "./ports";
import { gravity } from "./running";

export const pathChecks: Check[] = [
  everyHost("ways-open", "hosts reach one another on the cluster's ports", Weight.ByHost, blocked),

  everyHost(
    "firewall",
    "no host firewall is active that could close the cluster's ports",
    Weight.Warning,
    (each, context) =>
      each.facts.firewalls.map((name) => {
        const ports = neededPorts(context.spec, each.host)
          .filter(({ isPublic }) => isPublic)
          .map(({ port }) => port);
        const list = [...new Set(ports)].sort((a, b) => a - b).join(", ");
        const reason = `is active: hosts need TCP ${list} here, VRRP (IP protocol 112) between control planes, and what the pod network uses (flannel: UDP 8472)`;
        const fix = `Open those to the other hosts, or run \`systemctl disable --now ${pasteable(name)}\` there`;
        return onHost(each, name, { reason, fix }, Severity.Warning);
      }),
  ),
];

interface Failure {
  port: string;
  result: string;
  names: string[];
}

// A target that was itself asked is up, so what does not get there is stopped on the way.
function blocked(each: Seen, context: Context): Finding[] {
  const byPort = new Map<string, Failure>();
  for (const { target, result } of each.facts.probes) {
    const [ip = "", port = ""] = target.split(":");
    const other = context.spec.hosts.find((host) => host.ip === ip);
    if (result === "open" || result === "refused" || other === undefined) continue;
    if (context.observations.get(other.name)?.facts === undefined) continue;
    const failure = byPort.get(port) ?? { port, result, names: [] };
    byPort.set(port, { ...failure, names: [...failure.names, other.name] });
  }
  return [...byPort.values()].map(({ port, result, names }) => {
    const reason = `does not get there (${result === "timeout" ? "no answer" : "no route"}), though this machine reaches both ends`;
    const fix = `Let TCP ${port} through from ${each.host.ip}: host firewalls, security groups, routes`;
    return onHost(each, `→ ${names.join(", ")} port ${port}`, { reason, fix }, gravity(context, each.host));
  });
}
