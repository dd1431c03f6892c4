/** Steps that put right what is not as it was left. Pure. */
import { Step } from "../host/commands";
import { controlPlanes, hasRole } from "../spec/topology";
import { Role } from "../spec/types";
import { draft, inTurn } from "./draft";
import { apiImpact, NO_GAP } from "./impact";
import { packageChanges, type PlanInput } from "./input";
import type { Draft, Task } from "./steps";
import { laneTurns } from "./turns";
import { StepKind } from "./types";

/** Repairs of one step; hosts with the same reasons and the same role in the roll-out together. */
export function repaired(input: PlanInput, step: Step, tasks: Task[]): Draft[] {
  const groups = new Map<string, Task[]>();
  for (const task of tasks) {
    const { command, host } = task;
    const key = JSON.stringify([command.reasons, hasRole(host, Role.Worker), drains(input, task)]);
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  return [...groups.values()].flatMap((group) => repair(input, step, group));
}

function repair(input: PlanInput, step: Step, tasks: Task[]): Draft[] {
  const { reasons } = tasks[0]!.command;
  const all = { kind: StepKind.Repair, reasons, turns: inTurn(tasks) };
  switch (step) {
    case Step.Stage:
      return draft(tasks, { ...all, action: "kernel settings, packages and images put right" });
    case Step.Vip:
      return draft(tasks, { ...all, action: vipConsequence(reasons), apiImpact: `${NO_GAP} (the others serve on)` });
    case Step.Member:
      return draft(tasks, {
        ...all,
        action: "put right; restarts only if what it runs with differs",
        restarts: ["etcd"],
      });
    case Step.ControlPlane:
      return draft(tasks, {
        ...all,
        action: "static pods put right; only components whose manifest differs restart",
        restarts: ["kube-apiserver", "kube-controller-manager", "kube-scheduler"],
        apiImpact: apiImpact(controlPlanes(input.spec).length > 1, false),
      });
    case Step.Kubelet:
      return kubelets(input, tasks, all);
    case Step.ControlPlanes:
    case Step.Workers:
      return draft(tasks, { ...all, action: "nodes put back into service" });
    case Step.Labels:
      return draft(tasks, { ...all, action: "labels put back" });
    case Step.Settings:
      return draft(tasks, { ...all, action: "kubeadm's ConfigMaps and RBAC rules, CoreDNS, kube-proxy put right" });
    default:
      return draft(tasks, { ...all, action: `put right by ${step}` });
  }
}

function kubelets(input: PlanInput, tasks: Task[], all: Partial<Draft>): Draft[] {
  const isWorker = hasRole(tasks[0]!.host, Role.Worker);
  const drained = drains(input, tasks[0]!);
  return draft(tasks, {
    ...all,
    ...(isWorker && { turns: laneTurns(input, tasks) }),
    action: drained ? "drain, packages put right" : "node put right",
    drains: drained,
    restarts: ["kubelet"],
  });
}

/** The script drains where a package is missing or of another version. */
function drains(input: PlanInput, { command, host }: Task): boolean {
  const ofPackage = /^the package .* is (not installed|.*, not )/;
  return (
    command.step === Step.Kubelet && (packageChanges(input, host) || command.reasons.some((one) => ofPackage.test(one)))
  );
}

/** What was down starts, what runs reloads. */
function vipConsequence(reasons: string[]): string {
  const programs = [
    ["haproxy", "HAProxy"],
    ["keepalived", "keepalived"],
  ] as const;
  const words = programs.flatMap(([unit, name]) => {
    const own = reasons.filter((reason) => reason.toLowerCase().includes(unit));
    if (own.length === 0) return [];
    return [`${name} ${own.some((reason) => reason.startsWith(`the unit ${unit} is`)) ? "starts" : "reloads"}`];
  });
  return words.length > 0 ? words.join(", ") : "HAProxy and keepalived reload where they differ";
}
