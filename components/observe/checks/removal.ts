/** Taking hosts in and out: never while another of the kind is missing, but for one that is dead itself. */
import { keyPath } from "../../spec/problem";
import { goingOf, kinds, removalWords, type Kind } from "../../spec/leaving";
import { hasRole } from "../../spec/topology";
import { HostState, Role, type HostSpec } from "../../spec/types";
import { hostsBefore } from "./before";
import { check, Severity, Weight, type Check, type Context, type Finding } from "./check";
import { brokenParts, isGoodMember } from "./cluster";
import { silenceWords } from "./reach";
import { ours } from "./running";

const [planes, members] = kinds as [Kind, Kind];

export const removalChecks: Check[] = [
  check("etcd-removal", "an etcd member leaves only when enough others are healthy", Weight.Error, (context) =>
    removal(context, members),
  ),
  check(
    "control-plane-removal",
    "a control plane leaves only when enough others are healthy",
    Weight.Error,
    (context) => removal(context, planes),
  ),
  check("etcd-addition", "an etcd member joins only when all others are healthy", Weight.Error, addition),
  check("leaving-answers", "a host that leaves can be given back", Weight.Warning, silentLeaving),
];

function removal(context: Context, kind: Kind): Finding[] {
  const before = hostsBefore(context);
  const going = goingOf(before, context.spec, kind.role);
  if (going.length === 0) return [];
  const staying = before.filter((host) => hasRole(host, kind.role) && !going.includes(host));
  const bad = staying.filter(({ name }) => !isWell(context, name, kind.role)).map(({ name }) => name);
  if (bad.length === 0) return [];
  const isLost = going.every(({ name }) => context.spec.lost.some((host) => host.name === name));
  const hasNew = context.spec.hosts.some((host) => hasRole(host, kind.role) && !host.settled);
  const well = staying.length - bad.length;
  if (isLost && !hasNew && canLose(kind, well, staying.length + going.length)) return [];
  const names = going.map(({ name }) => name).join(", ");
  const word = isLost ? "" : `; where ${names} is dead, say \`state: lost\``;
  return finding(
    `${removalWords(kind, going)} ${whileBad(bad)}`,
    `Repair ${bad.join(", ")} first, or leave ${names} as it was${word}`,
  );
}

// Nothing is taken out of service with a dead one. Of etcd's members, it among them, a quorum has to agree that it goes;
// of API servers one is enough. A new one joins only where all are healthy.
function canLose({ role }: Kind, well: number, all: number): boolean {
  return role === Role.Etcd ? well > all / 2 : well > 0;
}

// Without a record nobody knows who was a member.
function addition(context: Context): Finding[] {
  if (context.applied === undefined) return [];
  const isMember = (host: Pick<HostSpec, "roles">) => hasRole(host, Role.Etcd);
  const coming = context.spec.hosts.filter((host) => isMember(host) && !host.settled).map(({ name }) => name);
  const going = goingOf(context.applied.hosts, context.spec, Role.Etcd);
  // Of those that stay beside one that goes, the removal tells.
  if (coming.length === 0 || going.length > 0) return [];
  const staying = context.applied.hosts.filter((host) => isMember(host) && !coming.includes(host.name));
  const bad = staying.filter(({ name }) => !isWell(context, name, Role.Etcd)).map(({ name }) => name);
  if (bad.length === 0) return [];
  const noun = coming.length === 1 ? "etcd member" : "etcd members";
  return finding(
    `this update adds the ${noun} ${coming.join(" and ")} ${whileBad(bad)}`,
    `Repair ${bad.join(", ")} first`,
  );
}

function whileBad(bad: string[]): string {
  return `while ${bad.join(" and ")} ${bad.length === 1 ? "is" : "are"} not healthy`;
}

function finding(reason: string, fix: string): Finding[] {
  return [{ key: keyPath(["hosts"]), value: "", reason, fix, severity: Severity.Error }];
}

// A host that did not answer is not known to be well; of one in maintenance the configuration's own rules tell.
function isWell(context: Context, name: string, role: Role): boolean {
  const rests = context.spec.hosts.some((host) => host.name === name && host.state === HostState.Maintenance);
  if (rests) return true;
  const each = ours(context).find(({ host }) => host.name === name);
  if (each === undefined) return false;
  return role === Role.Etcd ? isGoodMember(context, each) : brokenParts(each).length === 0;
}

// A lost one is not expected to answer.
function silentLeaving({ spec, observations }: Context): Finding[] {
  const lost = spec.lost.map(({ name }) => name);
  return spec.leaving.flatMap(({ name }): Finding[] => {
    const { silence, detail = "" } = observations.leaving?.get(name) ?? {};
    if (silence === undefined || lost.includes(name)) return [];
    const reason = `leaves the cluster and ${silenceWords(silence, detail).reason}: if it stays so, nothing is removed there`;
    const fix = "Start it and open the way to it before the update, or wipe it before it runs anywhere again";
    return [{ key: "hosts", value: name, reason, fix, severity: Severity.Warning }];
  });
}
