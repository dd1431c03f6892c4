/** Who leaves, who comes and who is out of service from one update to the next, and what of that is refused. Pure. */
import { keyPath, type Problem } from "./problem";
import { rule, type Rule } from "./rule";
import { hasRole } from "./topology";
import { HostState, Role, type ClusterSpec, type HostSpec, type LeavingHost } from "./types";

/** What of a host is remembered from one update to the next. */
export type SettledHost = LeavingHost & Pick<HostSpec, "state">;

type Wanted = Pick<ClusterSpec, "hosts">;

/** Those of whom never two may be missing. */
export interface Kind {
  role: Role;
  noun: string;
}

export const kinds: Kind[] = [
  { role: Role.ControlPlane, noun: "control plane" },
  { role: Role.Etcd, noun: "etcd member" },
];

/** Hosts of before that the configuration has no more, or has as lost. */
export function leavingHosts<T extends Pick<HostSpec, "name">>(before: T[], next: Wanted): T[] {
  return before.filter(({ name }) => !next.hosts.some((host) => host.name === name));
}

/** Those of a role that this update takes out of the cluster: hosts that leave, and machines that were replaced. */
export function goingOf(before: SettledHost[], next: Wanted, role: Role): SettledHost[] {
  const replaced = next.hosts.filter(({ replacedBy }) => replacedBy !== "").map(({ name }) => name);
  const leaving = leavingHosts(before, next).map(({ name }) => name);
  return before.filter((host) => hasRole(host, role) && [...replaced, ...leaving].includes(host.name));
}

/** `this update removes the etcd members cp1 and cp2`. */
export function removalWords({ noun }: Kind, going: Pick<HostSpec, "name">[]): string {
  return `this update removes the ${noun}${going.length === 1 ? "" : "s"} ${namesOf(going, " and ")}`;
}

/** What of the comings and goings of hosts cannot be done in one update. */
export const membershipRules: Rule<Before, Wanted>[] = [
  rule("leave-one-by-one", "one control plane and one etcd member at a time leaves, and others go on", (old, next) =>
    leavesProblems(old.hosts, next),
  ),
  rule("roles-kept", "a part of the cluster keeps its roles", (old, next) =>
    next.hosts.flatMap((host) => {
      const before = partBefore(old.hosts, host);
      return before === undefined ? [] : otherRoles(before, host);
    }),
  ),
  rule("machines-keep-names", "no machine that leaves comes back under another name", (old, next) =>
    newcomers(old.hosts, next).flatMap((host) => renamed(host, leavingHosts(old.hosts, next))),
  ),
  rule("rest-of-a-part", "only a part of the cluster is in maintenance", (old, next) =>
    newcomers(old.hosts, next).flatMap(idle),
  ),
  rule("join-without-rest", "no member joins etcd while another rests", (old, next) =>
    newcomers(old.hosts, next).flatMap((host) => joinsTooEarly(host, old.hosts, next)),
  ),
];

/** Of those that leave, what cannot be done in one update. */
export function leavesProblems(before: SettledHost[], next: Wanted): Problem[] {
  return kinds.flatMap((kind) => removals(kind, before, next));
}

interface Before {
  hosts: SettledHost[];
}

/** What a host was; nothing if it was no part, or a fresh machine is in its place. */
function partBefore(before: SettledHost[], { name, replacedBy }: HostSpec): SettledHost | undefined {
  return replacedBy === "" ? before.find((host) => host.name === name) : undefined;
}

/** Hosts that this update makes a part of the cluster. */
export function newcomers(before: SettledHost[], next: Wanted): HostSpec[] {
  return next.hosts.filter((host) => partBefore(before, host) === undefined);
}

function removals(kind: Kind, before: SettledHost[], next: Wanted): Problem[] {
  const going = goingOf(before, next, kind.role);
  if (going.length === 0) return [];
  const all = before.filter((host) => hasRole(host, kind.role));
  const staying = all.filter((host) => !going.includes(host));
  const resting = restingOf(staying, next);
  const refuse = (reason: string, fix: string) => [
    { key: "hosts", value: "", reason: `${removalWords(kind, going)}${reason}`, fix },
  ];
  if (staying.length === 0) {
    return refuse(
      ", and none is left of those that hold the cluster",
      "Keep one that is there, and add others first; the whole cluster is removed by `pulumi destroy`",
    );
  }
  if (going.length > 1) {
    return refuse(
      ` at once: ${staying.length} of ${all.length} would be left`,
      `Put back all but one of ${namesOf(going)}, and remove them run by run`,
    );
  }
  if (resting.length > 0) {
    return refuse(
      ` while ${namesOf(resting, " and ")} ${resting.length === 1 ? "is" : "are"} in maintenance`,
      `Set ${namesOf(resting)} to \`state: active\` and run an update first`,
    );
  }
  return [];
}

function restingOf<T extends Pick<HostSpec, "name">>(hosts: T[], next: Wanted): T[] {
  const resting = next.hosts.filter(({ state }) => state === HostState.Maintenance).map(({ name }) => name);
  return hosts.filter(({ name }) => resting.includes(name));
}

// What a role runs on a host ends only with the host's part in the cluster, and begins with it: a host is prepared for
// its roles once, and a member joins behind gates that are a new host's.
function otherRoles(old: SettledHost, { name, roles, place }: HostSpec): Problem[] {
  const lost = old.roles.filter((role) => !roles.includes(role));
  const gained = roles.filter((role) => !old.roles.includes(role));
  if (lost.length + gained.length === 0) return [];
  const was = `[${old.roles.join(", ")}]`;
  const verb = lost.length > 0 ? "gives up" : "takes on";
  const reason = `was ${was}, and ${name} ${verb} no role while it is part of the cluster`;
  const fix = `Set it back to ${was}; to change it, take ${name} off the list in one update and add it again in the next`;
  return [{ key: keyPath(["hosts", place, "roles"]), value: `[${roles.join(", ")}]`, reason, fix }];
}

// The host that leaves is reset at the end of the run, whatever it is called by then.
function renamed({ name, hostKey, sshHost, place }: HostSpec, leaving: SettledHost[]): Problem[] {
  const same = (old: SettledHost) => (old.hostKey === "" ? old.sshHost === sshHost : old.hostKey === hostKey);
  const old = leaving.find(same);
  if (old === undefined) return [];
  const reason = `is the machine that was ${old.name}, and as ${old.name} it would be reset at the end of this update`;
  const fix = `Set the name back to ${old.name}; to rename it, take it off the list in one update and add it in the next`;
  return [{ key: keyPath(["hosts", place, "name"]), value: name, reason, fix }];
}

/** A host cannot rest before it was part of the cluster. */
function idle({ name, state, place }: HostSpec): Problem[] {
  if (state !== HostState.Maintenance) return [];
  const reason = `asks ${name} to rest, and it is not part of the cluster yet`;
  const fix = "Leave state out until it is, or take the host off the list";
  return [{ key: keyPath(["hosts", place, "state"]), value: state, reason, fix }];
}

function joinsTooEarly(host: HostSpec, before: SettledHost[], next: Wanted): Problem[] {
  if (!hasRole(host, Role.Etcd)) return [];
  const members = before.filter((old) => hasRole(old, Role.Etcd) && old.name !== host.name);
  const resting = restingOf(members, next);
  if (resting.length === 0) return [];
  const reason = `joins etcd while ${namesOf(resting, " and ")} rests, and etcd takes in a member only when all others are healthy`;
  const fix = `Set ${namesOf(resting)} to \`state: active\` and run an update first`;
  return [{ key: keyPath(["hosts", host.place, "name"]), value: host.name, reason, fix }];
}

function namesOf(hosts: Pick<HostSpec, "name">[], by = ", "): string {
  return hosts.map(({ name }) => name).join(by);
}
