/** Steps by which hosts leave the cluster. Pure. */
import { Change, Step } from "../host/commands";
import { goingOf } from "../spec/leaving";
import { hasRole, isNode } from "../spec/topology";
import { Role, type HostSpec } from "../spec/types";
import { clusterFacts } from "./cluster";
import { draft, inTurn } from "./draft";
import { NO_GAP } from "./impact";
import type { PlanInput } from "./input";
import type { Draft, Task } from "./steps";
import { StepKind } from "./types";

/** Steps of one kind for those that leave, and the commands that they do not stand for. */
export interface Parted {
  drafts: Draft[];
  rest: Task[];
}

type Named = Pick<HostSpec, "name">;

/**
 * Whatever is cluster-side is done by the others; only the hand-over, the end of the API server and the giving back need
 * the host itself.
 */
export function leaving(input: PlanInput, step: Step, tasks: Task[]): Parted {
  const all = (drafts: Draft[]) => (drafts.length > 0 ? { drafts, rest: [] } : { drafts, rest: tasks });
  switch (step) {
    case Step.Handover:
      return all(handover(input, tasks));
    case Step.Vip:
      return backends(input, tasks);
    case Step.Drain:
      return all(drained(input, tasks));
    case Step.Stop:
      return all(stopped(input, tasks));
    case Step.EtcdHealthy:
      return all(members(input, tasks));
    case Step.Forget:
      return all(forgotten(input, tasks));
    case Step.ControlPlanes:
      return all(nodesOf(input, Role.ControlPlane, tasks));
    case Step.Workers:
      return all(nodesOf(input, Role.Worker, tasks));
    case Step.GiveBack:
      return all(givenBack(input, tasks));
    default:
      return { drafts: [], rest: tasks };
  }
}

/** Whether an API server leaves, so that the virtual IP moves before anything else does. */
export function planesLeave(input: PlanInput): boolean {
  return leavingWith(input, Role.ControlPlane).length > 0;
}

function leavingWith({ spec }: PlanInput, role: Role): Named[] {
  return spec.leaving.filter((host) => hasRole(host, role));
}

function handover(input: PlanInput, tasks: Task[]): Draft[] {
  if (input.spec.api.vip === undefined) return [];
  return remove(leavingWith(input, Role.ControlPlane), tasks, {
    action: "hand-over of the virtual IP: keepalived ends there first",
    notes: ["skipped if it does not answer"],
    apiImpact: "a moment, if the address is there",
  });
}

// A backend goes where the configuration of HAProxy changes; a new host has never had it.
function backends(input: PlanInput, tasks: Task[]): Parted {
  const names = leavingWith(input, Role.ControlPlane).map(({ name }) => name);
  const own = tasks.filter(({ command }) => names.length > 0 && command.change === Change.Edited);
  const drafts = draft(own, {
    action: `HAProxy without its backend ${names.join(", ")}, keepalived without that peer`,
    turns: inTurn(own),
    apiImpact: `${NO_GAP} (a reload ends no session)`,
  });
  return { drafts, rest: tasks.filter((task) => !own.includes(task)) };
}

function members(input: PlanInput, tasks: Task[]): Draft[] {
  const before = input.applied?.hosts ?? [];
  const count = before.filter((host) => hasRole(host, Role.Etcd)).length;
  const going = goingOf(before, input.spec, Role.Etcd);
  return remove(going, tasks, {
    action: "etcd member removed",
    notes: [
      "leadership moves away first if it leads",
      `${count - going.length} of ${count} members go on, and quorum is checked before and after`,
    ],
  });
}

const UNDRAINED = "without a drain, for it is not Ready: its pods start again elsewhere";

// Of a control plane before the member of etcd that its API server asks, and which its kubelet needs to say that a pod ended.
function drained(input: PlanInput, tasks: Task[]): Draft[] {
  const { up, down } = parted(input, Role.ControlPlane);
  return [
    ...remove(up, tasks, { action: "cordon, drain", drains: true }),
    ...remove(down, tasks, { action: "cordon", notes: [UNDRAINED] }),
  ];
}

function stopped(input: PlanInput, tasks: Task[]): Draft[] {
  return remove(leavingWith(input, Role.ControlPlane), tasks, {
    action: "API server, controller manager and scheduler end in good order",
    notes: ["skipped if it does not answer"],
    apiImpact: `${NO_GAP} (it leaves the Service kubernetes first)`,
  });
}

/** Nodes that can still be drained, and those that are deleted as they are. */
function nodesOf(input: PlanInput, role: Role, tasks: Task[]): Draft[] {
  const { up, down } = parted(input, role);
  if (role === Role.ControlPlane) return remove([...up, ...down], tasks, { action: "delete the node" });
  return [
    ...remove(up, tasks, { action: "drain, then delete the node", drains: true }),
    ...remove(down, tasks, { action: "delete the node", notes: [UNDRAINED] }),
  ];
}

function parted(input: PlanInput, role: Role): { up: Named[]; down: Named[] } {
  const all = leavingWith(input, role);
  const down = all.filter((host) => isDown(input, host));
  return { up: all.filter((host) => !down.includes(host)), down };
}

function isDown(input: PlanInput, { name }: Named): boolean {
  const node = clusterFacts(input)?.nodes.find((one) => one.name === name);
  return node?.ready === false || (node === undefined && input.spec.lost.some((host) => host.name === name));
}

// Of machines that were replaced, before a fresh one joins under the name.
function forgotten(input: PlanInput, tasks: Task[]): Draft[] {
  const replaced = input.spec.hosts.filter((host) => isNode(host) && host.replacedBy !== "");
  if (replaced.length === 0) return [];
  return draft(tasks, {
    action: "delete the node of the machine that was replaced",
    notes: ["once the cluster misses it; while it still answers, the run ends there"],
    turns: [replaced.map(({ name }) => name)],
  });
}

/** Pulumi does this after everything else, as it removes the host's resources. */
function givenBack(input: PlanInput, tasks: Task[]): Draft[] {
  return remove(input.spec.leaving, tasks, {
    action: "given back: everything of the cluster is removed from the host",
    notes: ["skipped with a warning if it does not answer"],
  });
}

function remove(hosts: Named[], tasks: Task[], part: Partial<Draft> & Pick<Draft, "action">): Draft[] {
  if (hosts.length === 0) return [];
  const names = hosts.map(({ name }) => name);
  return [
    {
      kind: StepKind.Remove,
      steps: [...new Set(tasks.map(({ command }) => command.step))],
      hosts: names,
      turns: [names],
      notes: [],
      restarts: [],
      drains: false,
      apiImpact: "",
      reasons: [],
      commands: tasks.map(({ command }) => command.name),
      ...part,
    },
  ];
}
