/** Steps by which hosts go into maintenance and come back. Pure. */
import { Step } from "../host/commands";
import { hasRole } from "../spec/topology";
import { HostState, Role, type HostSpec } from "../spec/types";
import { draft, inTurn } from "./draft";
import { factsOf, type PlanInput } from "./input";
import type { Parted } from "./leaving";
import type { Draft, Task } from "./steps";

/** Steps of one kind for hosts whose maintenance begins or ends, and the commands that they do not stand for. */
export function resting(input: PlanInput, step: Step, tasks: Task[]): Parted {
  const own = tasks.filter(({ host }) => begins(input, host));
  const others = tasks.filter(({ host }) => !begins(input, host));
  switch (step) {
    case Step.Member:
      return {
        drafts: beside(own, "etcd member stands by: leadership moves to another first if it leads"),
        rest: others,
      };
    case Step.Vip:
      return { drafts: beside(own, "keepalived ends: the virtual IP moves to another if it is there"), rest: others };
    case Step.ControlPlanes:
      return nodes(input, Role.ControlPlane, tasks);
    case Step.Workers:
      return nodes(input, Role.Worker, tasks);
    default:
      return { drafts: [], rest: tasks };
  }
}

function beside(tasks: Task[], action: string): Draft[] {
  return draft(tasks, { action, turns: inTurn(tasks) });
}

function nodes(input: PlanInput, role: Role, tasks: Task[]): Parted {
  const ofRole = input.spec.hosts.filter((host) => hasRole(host, role));
  const of = (hosts: HostSpec[]) => ({ turns: hosts.map(({ name }) => [name]), hosts: hosts.map(({ name }) => name) });
  const starting = ofRole.filter((host) => begins(input, host));
  const ending = ofRole.filter((host) => ends(input, host));
  const isOff = ({ name }: HostSpec) => input.observations !== undefined && factsOf(input, name) === undefined;
  const [on, off] = [starting.filter((host) => !isOff(host)), starting.filter(isOff)];
  const drafts = [
    ...(on.length > 0
      ? draft(tasks, {
          ...of(on),
          action: "maintenance begins: cordon, drain",
          notes: ["from then on it is left alone, and need not answer"],
          drains: true,
        })
      : []),
    ...(off.length > 0
      ? draft(tasks, {
          ...of(off),
          action: "maintenance begins: cordon",
          notes: ["it does not answer, and is left alone"],
        })
      : []),
    ...(ending.length > 0
      ? draft(tasks, { ...of(ending), action: "maintenance ends: uncordon", notes: ["it has caught up before"] })
      : []),
  ];
  return { drafts, rest: drafts.length > 0 ? [] : tasks };
}

function stateBefore({ applied }: PlanInput, { name }: HostSpec): HostState | undefined {
  return applied?.hosts.find((host) => host.name === name)?.state;
}

function begins(input: PlanInput, host: HostSpec): boolean {
  return host.state === HostState.Maintenance && stateBefore(input, host) === HostState.Active;
}

function ends(input: PlanInput, host: HostSpec): boolean {
  return host.state === HostState.Active && stateBefore(input, host) === HostState.Maintenance;
}
