/** The turns of etcd's members, and who leads through them. Pure. */
import { etcdMembers } from "../spec/topology";
import { etcdLeader } from "./cluster";
import { draft } from "./draft";
import { NO_GAP } from "./impact";
import { runningOn, type PlanInput } from "./input";
import type { Draft, Task } from "./steps";
import { transition, versionNumber } from "./versions";

/** One member at a time; leadership is moved as release.sh moves it. */
export function memberSteps(input: PlanInput, tasks: Task[]): Draft[] {
  const names = etcdMembers(input.spec).map(({ name }) => name);
  let leader = etcdLeader(input);
  return names.flatMap((name) => {
    const own = tasks.filter(({ host }) => host.name === name);
    if (own.length === 0) return [];
    const heir = leader === name ? heirOf(names, name) : undefined;
    const unknown = leader === undefined && names.length > 1;
    if (heir !== undefined) leader = heir;
    return memberStep(input, own, [
      ...(heir === undefined ? [] : [`leadership moves to ${heir} first`]),
      ...(unknown ? ["leadership moves away first if it leads"] : []),
    ]);
  });
}

/** To the last member of the chain; when that one's turn comes, to the first. */
export function heirOf(members: string[], leader: string): string | undefined {
  if (members.length < 2) return undefined;
  const last = members.at(-1);
  return last === leader ? members[0] : last;
}

function memberStep(input: PlanInput, tasks: Task[], notes: string[]): Draft[] {
  const { etcd } = input.spec.versions;
  const now = tasks.map(({ host }) => runningOn(input, host).etcd);
  const members = etcdMembers(input.spec).length;
  const sameVersion = now.every((version) => versionNumber(version) === versionNumber(etcd));
  return draft(tasks, {
    action: sameVersion ? "etcd member with its new settings" : `etcd member ${transition(now, etcd)}`,
    notes,
    restarts: ["etcd"],
    apiImpact:
      members > 2
        ? `${NO_GAP} (${members - 1} of ${members} members go on)`
        : "the API does not answer until etcd has its quorum again",
  });
}
