/** Steps that bring something into being: a cluster or a host of it. Pure. */
import { Step } from "../host/commands";
import { controlPlanes, hasRole } from "../spec/topology";
import { Role } from "../spec/types";
import { draft, hostNames, inTurn } from "./draft";
import type { PlanInput } from "./input";
import type { Draft, Task } from "./steps";
import { stageTurns } from "./turns";
import { StepKind } from "./types";
import { endpointNames } from "./words";

/** New commands of one step. */
export function built(input: PlanInput, step: Step, tasks: Task[]): Draft[] {
  const { versions, api, name } = input.spec;
  const build = (action: string, part: Partial<Draft> = {}) =>
    draft(tasks, { kind: StepKind.Build, action, turns: turnsOf(step, tasks), notes: fresh(step, tasks), ...part });
  switch (step) {
    case Step.Claim:
      return build(`claim for ${name}: no part of another cluster`);
    case Step.Prepare:
      return build("prepare: kernel settings, packages, containerd");
    case Step.Images:
      return build("pull and pin the images");
    case Step.EtcdStart:
      return build(`start etcd ${versions.etcd}`);
    case Step.EtcdHealthy:
      return build("every etcd member is started, voting and healthy");
    case Step.Stage:
      return build("fetch and verify packages, pull and pin images");
    case Step.Snapshot:
      return build("save etcd's data and check the file");
    case Step.Handover:
      return build("keepalived ends on the control planes that left, if they answer");
    case Step.Drain:
      return build("nodes of control planes that left are drained, if they answer");
    case Step.Stop:
      return build("API servers that left end, if their hosts answer");
    case Step.Member:
      return build(`etcd ${versions.etcd}`, { restarts: ["etcd"] });
    case Step.Vip:
      return build(`virtual IP ${api.vip}:${api.port}: start ${endpointNames(api)}`);
    case Step.Forget:
      return build("delete the nodes of machines that were replaced");
    case Step.Join:
      return joined(input, tasks);
    case Step.ControlPlanes:
      return build("control planes of the configuration are marked as its own");
    case Step.ControlPlane:
      return build(`static pods ${versions.kubernetes}`);
    case Step.Settings:
      return build("kubeadm's ConfigMaps and RBAC rules, CoreDNS, kube-proxy");
    case Step.Kubelet:
      return build(`kubelet ${versions.kubernetes}`);
    case Step.Workers:
      return build("workers of the configuration are marked as its own");
    case Step.Labels:
      return build("labels of nodes");
    case Step.Ready:
      return build(`every node is Ready at ${versions.kubernetes}`);
    case Step.GiveBack:
      return build("given back once it leaves");
  }
}

// Said once, where it begins.
function fresh(step: Step, tasks: Task[]): string[] {
  const machines = tasks.filter(({ host }) => step === Step.Claim && host.replacedBy !== "");
  return machines.map(({ host }) => `${host.name} is a fresh machine: it is prepared and joins again`);
}

function turnsOf(step: Step, tasks: Task[]): string[][] {
  if (step === Step.Stage) return stageTurns(tasks);
  const chain = [Step.Vip, Step.Member, Step.ControlPlane, Step.Kubelet];
  return chain.includes(step) ? inTurn(tasks) : [hostNames(tasks)];
}

/** The first control plane makes the cluster, all others join it side by side. */
function joined(input: PlanInput, tasks: Task[]): Draft[] {
  const { kubernetes } = input.spec.versions;
  const [first] = controlPlanes(input.spec);
  const isControlPlane = ({ host }: Task) => hasRole(host, Role.ControlPlane);
  const bootstraps = ({ host }: Task) => input.applied === undefined && host.name === first?.name;
  const build = (some: Task[], action: string) => draft(some, { kind: StepKind.Build, action });
  return [
    ...build(tasks.filter(bootstraps), `bootstrap the cluster with Kubernetes ${kubernetes}`),
    ...build(
      tasks.filter((task) => isControlPlane(task) && !bootstraps(task)),
      `join as control plane, through the ${input.spec.api.vip === undefined ? "load balancer" : "virtual IP"}`,
    ),
    ...build(
      tasks.filter((task) => !isControlPlane(task)),
      "join as worker",
    ),
  ];
}

/** The release chain over what was just built. */
export function verified(tasks: Task[]): Draft[] {
  const action = "verify packages, static pods, settings and kubelets: as wanted, nothing restarts";
  return draft(tasks, { kind: StepKind.Verify, action });
}
