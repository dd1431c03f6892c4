/** The running cluster is what the configuration says: nobody in it unknown, nobody set aside, no certificate at its end. */
import { parseCertificates } from "../certificates";
import {
  check,
  everyHost,
  isResting,
  onHost,
  pasteable,
  Severity,
  Weight,
  type Check,
  type Context,
  type Finding,
  type Seen,
} from "./check";
import { hostOf, hostOfMember, membersSeen, nodesSeen } from "./cluster";

const HOUR = 3_600_000;

export const strangerChecks: Check[] = [
  check("etcd-members-known", "every etcd member is a host of the configuration", Weight.Warning, (context) =>
    membersSeen(context).flatMap((member): Finding[] => {
      if (hostOfMember(context, member) !== undefined || isLeaving(context, member.name)) return [];
      const value = member.name === "" ? member.id : `${member.name} (${member.id})`;
      const reason = `is a member at ${member.peerUrls.join(", ") || "no address"}, counts for quorum, and is no host of the configuration`;
      const fix = `Run \`etcdctl member remove ${pasteable(member.id)}\`, or add its host`;
      return [{ key: "etcd", value, reason, fix, severity: Severity.Warning }];
    }),
  ),

  check("nodes-known", "every node is a host of the configuration", Weight.Warning, (context) =>
    nodesSeen(context).flatMap((node): Finding[] => {
      if (hostOf(context, node) !== undefined || isLeaving(context, node.name)) return [];
      const reason = `is a node at ${node.ip || "no address"} and no host of the configuration, so nothing upgrades it`;
      const fix = `Run \`kubectl delete node ${pasteable(node.name)}\`, or add its host`;
      return [{ key: "hosts", value: node.name, reason, fix, severity: Severity.Warning }];
    }),
  ),

  check("cordons", "no node is cordoned by hand", Weight.Warning, (context) =>
    nodesSeen(context).flatMap((node): Finding[] => {
      const placed = hostOf(context, node);
      if (!node.unschedulable || node.cordonedByUs || placed === undefined || isResting(placed.host)) return [];
      const reason = "is cordoned, not by this program, and stays so";
      const fix = `Run \`kubectl uncordon ${node.name}\` when it may take pods again`;
      return [onHost(placed, `node ${node.name}`, { reason, fix }, Severity.Warning)];
    }),
  ),

  everyHost("certificates-fresh", "no certificate is near its end", Weight.Warning, endingCertificates),
];

// What the last update had and this configuration has not, this update takes out.
function isLeaving({ applied }: Context, name: string): boolean {
  return applied?.hosts.some((host) => host.name === name) ?? false;
}

/** One line a host: the certificate that ends first, and how many more are near. */
function endingCertificates(each: Seen, { spec, now }: Context): Finding[] {
  const ends = parseCertificates(each.facts.certificates)
    .map(({ path, notAfter }) => ({ path, end: notAfter.getTime() }))
    .filter(({ end }) => end - now < spec.certificates.earlyRenewalHours * HOUR)
    .sort((a, b) => a.end - b.end);
  const [first] = ends;
  if (first === undefined) return [];
  const others = new Set(ends.map(({ path }) => path)).size - 1;
  const more = others === 0 ? "" : `, and ${others} more before long`;
  const day = new Date(first.end).toISOString().slice(0, 10);
  const reason =
    first.end <= now
      ? `ended on ${day}${more}: what uses it is refused`
      : `ends on ${day}, in ${Math.floor((first.end - now) / (24 * HOUR))} days${more}`;
  const fix = "Run an update soon: it renews what has less than certificates.earlyRenewalHours left";
  return [onHost(each, first.path, { reason, fix }, Severity.Warning)];
}
