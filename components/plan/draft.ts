/** The common part of all steps. Pure. */
import type { HostSpec } from "../spec/types";
import type { Draft, Task } from "./steps";
import { StepKind } from "./types";

/** A step of these tasks, all at the same time unless said otherwise; nothing when there are none. */
export function draft(tasks: Task[], part: Partial<Draft> & Pick<Draft, "action">): Draft[] {
  if (tasks.length === 0) return [];
  const turns = part.turns ?? [hostNames(tasks)];
  return [
    {
      kind: StepKind.Change,
      steps: [...new Set(tasks.map(({ command }) => command.step))],
      turns,
      hosts: turns.flat(),
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

/** Each host once. */
export function hostNames(tasks: { host: Pick<HostSpec, "name"> }[]): string[] {
  return [...new Set(tasks.map(({ host }) => host.name))];
}

/** One after another. */
export function inTurn(tasks: Task[]): string[][] {
  return hostNames(tasks).map((name) => [name]);
}
