/** Makes the plan: what is, what will be, and the steps between. Pure. */
import { formatProblem } from "../spec/problem";
import { apiEndpoint, controlPlanes, etcdMembers, workers } from "../spec/topology";
import { HostState, OnBlocked, type HostSpec } from "../spec/types";
import {
  clusterFacts,
  clusterProblems,
  hostProblems,
  memberState,
  nodeReady,
  versionChanges,
  vipHolder,
} from "./cluster";
import { expiries, firstExpiry } from "./expiry";
import { observationOf, runningOn, type PlanInput } from "./input";
import { planSteps } from "./steps";
import { PLAN_FORMAT, type Plan, type PlanHost, type PlanStep } from "./types";

export function makePlan(input: PlanInput): Plan {
  const { spec } = input;
  const steps = planSteps(input);
  const told = input.warnings.map((warning) => (typeof warning === "string" ? warning : formatProblem(warning)));
  const hosts = spec.hosts.map((host) => planHost(input, host, steps));
  return {
    format: PLAN_FORMAT,
    cluster: spec.name,
    made: input.now.toISOString(),
    endpoint: apiEndpoint(spec).url,
    observed: input.observations !== undefined,
    build: input.applied === undefined,
    versions: versionChanges(input),
    counts: {
      controlPlanes: controlPlanes(spec).length,
      members: etcdMembers(spec).length,
      workers: workers(spec).length,
    },
    problems: [
      ...clusterProblems(input),
      ...hosts.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`)),
    ],
    lastSnapshot: input.lastSnapshot?.toISOString(),
    hosts,
    lost: spec.lost.map(({ name }) => name),
    steps,
    expires: expiries(input),
    warnings: [...told, ...blockedBudgets(input, steps, told)],
    others: undefined,
  };
}

function planHost(input: PlanInput, host: HostSpec, steps: PlanStep[]): PlanHost {
  const observation = observationOf(input, host.name);
  const { apiServer, kubelet, containerd, etcd } = runningOn(input, host);
  const runs = { Kubernetes: apiServer, kubelet, containerd, etcd };
  return {
    name: host.name,
    ip: host.ip,
    roles: [...host.roles],
    maintenance: host.state === HostState.Maintenance,
    reachable: observation && observation.facts !== undefined,
    runs: Object.fromEntries(Object.entries(runs).filter(([, version]) => version !== "")),
    ready: nodeReady(input, host),
    member: memberState(input, host),
    holdsVip: vipHolder(input) === host.name,
    problems: hostProblems(input, host),
    expires: firstExpiry(input, host.name),
    steps: steps.filter(({ hosts }) => hosts.includes(host.name)).map(({ number }) => number),
  };
}

const POLICIES: Record<OnBlocked, string> = {
  [OnBlocked.Fail]: "the run would stop there",
  [OnBlocked.Skip]: "its pods would stay through the restart",
  [OnBlocked.DisableEviction]: "its pods would be deleted past it",
};

/** Budgets that would keep a planned drain waiting, but for those that a check has told of. */
function blockedBudgets(input: PlanInput, steps: PlanStep[], told: string[]): string[] {
  const drained = new Set(steps.filter(({ drains }) => drains).flatMap(({ hosts }) => hosts));
  if (drained.size === 0) return [];
  const { onBlocked, timeoutSeconds } = input.spec.rollout.drain;
  return (clusterFacts(input)?.blockedBudgets ?? []).flatMap(({ namespace, name, nodes }) => {
    if (told.some((warning) => warning.includes(`${namespace}/${name}`))) return [];
    const meets = nodes.filter((node) => drained.has(node));
    if (nodes.length > 0 && meets.length === 0) return [];
    const where = meets.length === 0 ? "a drain" : `the drain of ${meets.join(", ")}`;
    return [
      `PodDisruptionBudget ${namespace}/${name} allows 0 disruptions now: ${where} would wait ${timeoutSeconds} s, ` +
        `then ${POLICIES[onBlocked]} (rollout.drain.onBlocked: ${onBlocked})`,
    ];
  });
}
