/** Steps that give what runs another version or other settings. Pure. */
import { Step } from "../host/commands";
import { controlPlanes, hasRole } from "../spec/topology";
import { Role } from "../spec/types";
import { minorOf } from "../spec/versions";
import { draft, inTurn } from "./draft";
import { memberSteps } from "./etcd";
import { containerdChanges, packageChanges, runningOn, type PlanInput } from "./input";
import { vipHolder } from "./cluster";
import { NO_GAP, apiImpact } from "./impact";
import type { Draft, Task } from "./steps";
import { laneTurns, pace, stageTurns } from "./turns";
import { endpointNames } from "./words";
import { distinctVersions, transition, versionNumber } from "./versions";

/** Edited commands of one step. */
export function changed(input: PlanInput, step: Step, tasks: Task[]): Draft[] {
  const { versions, api } = input.spec;
  switch (step) {
    case Step.Claim:
      return draft(tasks, { action: `claim again for ${input.spec.name}` });
    case Step.Prepare:
    case Step.Images:
    case Step.EtcdStart:
    case Step.Join:
      return draft(tasks, { action: `run ${step} again with another configuration` });
    case Step.EtcdHealthy:
      return draft(tasks, { action: "every etcd member is started, voting and healthy" });
    case Step.Stage:
      return staged(input, tasks);
    case Step.Snapshot:
      return draft(tasks, { action: "etcd snapshot, its file checked" });
    case Step.Handover:
      return draft(tasks, { action: "keepalived ends on the control planes that left, if they answer" });
    case Step.Drain:
      return draft(tasks, { action: "nodes of control planes that left are drained, if they answer" });
    case Step.Stop:
      return draft(tasks, { action: "API servers that left end, if their hosts answer" });
    case Step.Member:
      return memberSteps(input, tasks);
    case Step.Vip:
      return oneByOne(tasks, `virtual IP ${api.vip}: ${endpointNames(api)} judge their configuration, then reload`, {
        apiImpact: `${NO_GAP} (a reload ends no session, the address stays)`,
      });
    case Step.Forget:
      return draft(tasks, { action: "delete the nodes of machines that were replaced" });
    case Step.ControlPlanes:
      return draft(tasks, { action: "control planes of the configuration are marked as its own" });
    case Step.ControlPlane:
      return tasks.flatMap((task) => staticPods(input, task));
    case Step.Settings:
      return draft(tasks, { action: "kubeadm's ConfigMaps and RBAC rules, CoreDNS, kube-proxy" });
    case Step.Kubelet:
      return kubelets(input, tasks);
    case Step.Workers:
      return draft(tasks, { action: "workers of the configuration are marked as its own" });
    case Step.Labels:
      return draft(tasks, { action: "labels of nodes", notes: ["nothing restarts"] });
    case Step.Ready:
      return draft(tasks, { action: `every node is Ready at ${versions.kubernetes}` });
    case Step.GiveBack:
      return draft(tasks, { action: "given back once it leaves" });
  }
}

function oneByOne(tasks: Task[], action: string, part: Partial<Draft>): Draft[] {
  const turns = inTurn(tasks);
  const words = pace(turns);
  return draft(tasks, { action: words === "" ? action : `${action}, ${words}`, turns, ...part });
}

function staged(input: PlanInput, tasks: Task[]): Draft[] {
  const { kubernetes, containerd } = input.spec.versions;
  const differing = tasks.filter(({ host }) => packageChanges(input, host)).map(({ host }) => runningOn(input, host));
  const names = [
    ...(differing.some((now) => now.kubelet !== kubernetes) ? [`Kubernetes ${kubernetes}`] : []),
    ...(differing.some((now) => versionNumber(now.containerd) !== containerd) ? [`containerd ${containerd}`] : []),
  ];
  const what = names.length > 0 ? `fetch and verify ${names.join(" and ")}` : "check packages and kernel settings";
  return draft(tasks, {
    action: `${what}, pull and pin images`,
    notes: ["nothing changes yet"],
    turns: stageTurns(tasks),
  });
}

function staticPods(input: PlanInput, task: Task): Draft[] {
  const { kubernetes } = input.spec.versions;
  const now = runningOn(input, task.host).apiServer;
  const sameVersion = now !== "" && versionNumber(now) === versionNumber(kubernetes);
  const components = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
  const several = controlPlanes(input.spec).length > 1;
  return draft([task], {
    action: sameVersion ? "static pods with their new settings" : `static pods ${transition([now], kubernetes)}`,
    notes: sameVersion ? ["only components whose manifest differs restart"] : [],
    restarts: components,
    apiImpact: apiImpact(several, vipHolder(input) === task.host.name),
  });
}

/** Control planes in turn, then workers in lanes; each parted by whether it is drained. */
function kubelets(input: PlanInput, tasks: Task[]): Draft[] {
  const isControlPlane = ({ host }: Task) => hasRole(host, Role.ControlPlane);
  const groups: [Task[], (some: Task[]) => string[][]][] = [
    [tasks.filter(isControlPlane), inTurn],
    [tasks.filter((task) => !isControlPlane(task)), (some) => laneTurns(input, some)],
  ];
  return groups.flatMap(([group, turnsOf]) =>
    [true, false].flatMap((drains) => {
      const some = group.filter(({ host }) => packageChanges(input, host) === drains);
      return kubeletStep(input, some, turnsOf(some), drains);
    }),
  );
}

function kubeletStep(input: PlanInput, tasks: Task[], turns: string[][], drains: boolean): Draft[] {
  if (tasks.length === 0) return [];
  const { kubernetes } = input.spec.versions;
  const onControlPlanes = tasks.some(({ host }) => hasRole(host, Role.ControlPlane));
  const minorChanges = tasks.some(({ host }) => {
    const { kubelet } = runningOn(input, host);
    return kubelet !== "" && minorOf(kubelet) !== minorOf(kubernetes);
  });
  const replacesPods = onControlPlanes && minorChanges;
  return draft(tasks, {
    action: [...(drains ? ["drain", newPackages(input, tasks)] : ["kubelet with its new settings"]), pace(turns)]
      .filter((words) => words !== "")
      .join(", "),
    turns,
    drains,
    notes: replacesPods ? ["static pods end and start again under the new kubelet"] : [],
    restarts: [
      "kubelet",
      ...(tasks.some(({ host }) => containerdChanges(input, host)) ? ["containerd"] : []),
      ...(replacesPods ? ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] : []),
    ],
    ...(onControlPlanes && {
      apiImpact: replacesPods ? apiImpact(controlPlanes(input.spec).length > 1, false) : NO_GAP,
    }),
  });
}

/** `kubelet v1.35.4 → v1.36.3, containerd 2.2.9 → 2.2.10`: those that differ somewhere. */
function newPackages(input: PlanInput, tasks: Task[]): string {
  const running = tasks.map(({ host }) => runningOn(input, host));
  const { kubernetes, containerd, cniPlugins } = input.spec.versions;
  const all: [string, string[], string | undefined][] = [
    ["kubelet", running.map((now) => now.kubelet), kubernetes],
    ["containerd", running.map((now) => now.containerd), containerd],
    ["CNI plugins", running.map((now) => now.cniPlugins), cniPlugins],
    ["kubeadm", running.map((now) => (now.kubelet === kubernetes ? now.kubeadm : "")), kubernetes.slice(1)],
  ];
  const words = all.flatMap(([name, now, wanted]) => {
    if (wanted === undefined) return [];
    const differs = now.some((version) => version !== "" && versionNumber(version) !== versionNumber(wanted));
    return differs ? [`${name} ${transition(distinctVersions(now), wanted)}`] : [];
  });
  return words.join(", ");
}
