/** A run's commands as people think of them: in order, grouped, each with its turns. Pure. */
import { Change, Step, type DeclaredCommand } from "../host/commands";
import { controlPlanes, hasRole, workers } from "../spec/topology";
import { Role, type HostSpec } from "../spec/types";
import { isSettled, runsAsWanted, type PlanInput } from "./input";
import { changed } from "./changed";
import { built, verified } from "./built";
import { leaving, planesLeave } from "./leaving";
import { repaired } from "./repaired";
import { resting } from "./resting";
import type { PlanStep } from "./types";

export type Draft = Omit<PlanStep, "number">;

/** Commands of one step with their hosts, in the order of their turns. */
export interface Task {
  command: DeclaredCommand;
  host: HostSpec;
}

/** What a run does to a cluster that is there, and what it adds; numbered. */
export function planSteps(input: PlanInput): PlanStep[] {
  const tasks = tasksOf(input);
  const isVerification = (task: Task) => verifies(input, task);
  const verifications = tasks.filter(isVerification);
  const lastVerified = Object.values(Step)
    .filter((step) => verifications.some(({ command }) => command.step === step))
    .at(-1);
  const drafts = orderOf(input).flatMap((step) => {
    const departure = leaving(
      input,
      step,
      tasks.filter(({ command }) => command.step === step),
    );
    const rest = resting(input, step, departure.rest);
    const ofStep = rest.rest;
    const repairs = ofStep.filter((task) => task.command.change === Change.Repair && !isNew(input, task));
    const news = ofStep.filter((task) => isNew(input, task) && !isVerification(task));
    const edits = ofStep.filter((task) => !repairs.includes(task) && !isNew(input, task) && !isVerification(task));
    return [
      ...departure.drafts,
      ...rest.drafts,
      ...built(input, step, news),
      ...changed(input, step, edits),
      ...repaired(input, step, repairs),
      // After everything that it stands for.
      ...(step === lastVerified ? verified(verifications) : []),
    ];
  });
  return drafts.map((draft, index) => ({ number: index + 1, ...draft }));
}

/** Where a control plane leaves, the virtual IP is handed over and its node drained before anything is taken from it. */
function orderOf(input: PlanInput): Step[] {
  const steps = Object.values(Step);
  if (!planesLeave(input)) return steps;
  const first = [Step.Handover, Step.Vip, Step.Drain, Step.Stop];
  const others = steps.filter((step) => !first.includes(step));
  others.splice(others.indexOf(Step.EtcdHealthy), 0, ...first);
  return others;
}

function tasksOf(input: PlanInput): Task[] {
  const order = [...controlPlanes(input.spec), ...input.spec.hosts.filter(isOnlyMember), ...workers(input.spec)];
  return order.flatMap((host) =>
    input.commands
      .filter((command) => command.host === host.name && command.change !== Change.None)
      .map((command) => ({ command, host })),
  );
}

function isOnlyMember(host: HostSpec): boolean {
  return !hasRole(host, Role.ControlPlane) && !hasRole(host, Role.Worker);
}

/** A command of a host that comes into the cluster with this run; or of the cluster, if that comes into being. */
function isNew(input: PlanInput, { command, host }: Task): boolean {
  if (host.replacedBy !== "") return true;
  return command.change === Change.New && (isOnce(command.step) || !isSettled(input, host.name));
}

/** The release chain finds a host that has just been built as wanted. */
function verifies(input: PlanInput, task: Task): boolean {
  const chain = [
    Step.Stage,
    Step.Member,
    Step.ControlPlanes,
    Step.ControlPlane,
    Step.Settings,
    Step.Kubelet,
    Step.Workers,
    Step.Labels,
  ];
  return isNew(input, task) && chain.includes(task.command.step) && runsAsWanted(input, task.host);
}

function isOnce(step: Step): boolean {
  return [Step.Claim, Step.Prepare, Step.Images, Step.EtcdStart, Step.Join].includes(step);
}
