/** Who goes together with whom. Pure. */
import { lanes } from "../spec/lanes";
import { hasRole, workers } from "../spec/topology";
import { Role } from "../spec/types";
import { hostNames, inTurn } from "./draft";
import type { PlanInput } from "./input";
import type { Task } from "./steps";

/** Hosts with etcd or an API server one after another, then all workers. */
export function stageTurns(tasks: Task[]): string[][] {
  const isWorker = ({ host }: Task) => hasRole(host, Role.Worker);
  const rest = hostNames(tasks.filter(isWorker));
  return [...inTurn(tasks.filter((task) => !isWorker(task))), ...(rest.length > 0 ? [rest] : [])];
}

/** Workers in their lanes: the first of every lane, then the second, …; hosts that do not change take no turn. */
export function laneTurns(input: PlanInput, tasks: Task[]): string[][] {
  const names = new Set(hostNames(tasks));
  const chains = lanes(workers(input.spec), input.spec.rollout.maxUnavailable)
    .map((lane) => lane.map(({ name }) => name).filter((name) => names.has(name)))
    .filter((lane) => lane.length > 0);
  const longest = Math.max(0, ...chains.map((chain) => chain.length));
  return Array.from({ length: longest }, (_, turn) => chains.flatMap((chain) => chain[turn] ?? []));
}

/** `one by one`, `3 at a time`, `all at once`; nothing for a single host. */
export function pace(turns: string[][]): string {
  const count = turns.flat().length;
  if (count <= 1) return "";
  const most = Math.max(...turns.map((turn) => turn.length));
  if (most === 1) return "one by one";
  return turns.length === 1 ? "all at once" : `${most} at a time`;
}
