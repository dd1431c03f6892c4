/** The cluster as it is: versions, health, who leads and who holds the address. Pure. */
import { isUp, Silence, type ClusterFacts, type HostFacts, type NodeFacts } from "../observe/facts";
import { knows, Question } from "../observe/questions";
import { controlPlanes, etcdMembers, hasRole, isNode } from "../spec/topology";
import { HostState, Role, type HostSpec } from "../spec/types";
import { allFacts, factsOf, isSettled, observationOf, runningOn, type PlanInput } from "./input";
import { MemberState, type VersionChange } from "./types";
import { distinctVersions } from "./versions";

/** What the first control plane with an answering API server sees. */
export function clusterFacts(input: PlanInput): ClusterFacts | undefined {
  return controlPlanes(input.spec)
    .map((host) => factsOf(input, host.name)?.cluster)
    .find((cluster) => cluster !== undefined);
}

/** Name of the etcd leader; undefined when no member says. */
export function etcdLeader(input: PlanInput): string | undefined {
  const members = allFacts(input).filter((facts) => facts.etcd !== undefined);
  const leader = members.find(({ etcd }) => etcd!.memberId === etcd!.leaderId);
  if (leader) return leader.name;
  const [told] = members;
  return told?.etcd?.members.find(({ id }) => id === told.etcd?.leaderId)?.name;
}

export function vipHolder(input: PlanInput): string | undefined {
  return allFacts(input).find((facts) => facts.holdsVip)?.name;
}

export function memberState(input: PlanInput, host: HostSpec): MemberState | undefined {
  if (!hasRole(host, Role.Etcd)) return undefined;
  const known = allFacts(input).flatMap(({ etcd }) => etcd?.members ?? []);
  const own = known.find(({ name }) => name === host.name);
  if (!own) return undefined;
  if (own.learner) return MemberState.Learner;
  return etcdLeader(input) === host.name ? MemberState.Leader : MemberState.Member;
}

/** Versions now and wanted, of what the cluster is made of. */
export function versionChanges(input: PlanInput): VersionChange[] {
  const running = input.spec.hosts.map((host) => runningOn(input, host));
  const registered = (clusterFacts(input)?.nodes ?? []).map(({ kubeletVersion }) => kubeletVersion);
  const { kubernetes, etcd, containerd } = input.spec.versions;
  const kubernetesNow = running.flatMap(({ apiServer, kubelet }) => [apiServer, kubelet]);
  const change = (component: string, now: string[], wanted: string) => {
    return { component, now: distinctVersions(now), wanted };
  };
  return [
    change("Kubernetes", [...kubernetesNow, ...registered], kubernetes),
    change(
      "etcd",
      running.map((host) => host.etcd),
      etcd,
    ),
    change(
      "containerd",
      running.map((host) => host.containerd),
      containerd,
    ),
  ];
}

/** Whether the node is Ready; undefined when there is none or nobody knows. */
export function nodeReady(input: PlanInput, host: HostSpec): boolean | undefined {
  return clusterFacts(input)?.nodes.find(({ name }) => name === host.name)?.ready;
}

/** What is wrong with a host now, each short; a host that is not yet part of the cluster only has to be reachable. */
export function hostProblems(input: PlanInput, host: HostSpec): string[] {
  const observation = observationOf(input, host.name);
  if (!observation || host.state === HostState.Maintenance) return [];
  if (!observation.facts) return [silenceText(observation.silence, observation.detail)];
  const isPart = isSettled(input, host.name) || observation.facts.membership.cluster === input.spec.name;
  if (!isPart) return [];
  return [
    ...unitProblems(observation.facts),
    ...etcdProblems(observation.facts, host),
    ...staticPodProblems(observation.facts),
    ...nodeProblems(input, host),
  ];
}

function silenceText(silence: Silence | undefined, detail: string): string {
  const texts: Record<Silence, string> = {
    [Silence.Unreachable]: "does not answer",
    [Silence.HostKey]: "answers with another host key",
    [Silence.Authentication]: "accepts none of our keys",
    [Silence.NotRoot]: "gives no root rights",
    [Silence.Broken]: "could not tell its facts",
  };
  const text = silence === undefined ? "gave no facts" : texts[silence];
  return detail === "" ? text : `${text} (${detail})`;
}

function unitProblems({ units }: HostFacts): string[] {
  return Object.entries(units)
    .filter(([, unit]) => unit.enabled !== "" && !isUp(unit))
    .map(([name, { active }]) => `${name} is ${active}`);
}

function etcdProblems(facts: HostFacts, host: HostSpec): string[] {
  const { etcd, units } = facts;
  if (!hasRole(host, Role.Etcd) || !knows(facts, Question.Etcd)) return [];
  if (!etcd) return units["etcd"]?.active === "active" ? ["its etcd member does not answer"] : [];
  const own = etcd.members.find(({ id }) => id === etcd.memberId);
  return [
    ...(etcd.healthy ? [] : ["its etcd member is not healthy"]),
    ...(own?.learner ? ["its etcd member is a learner"] : []),
    ...etcd.alarms.filter((alarm) => alarm.includes(etcd.memberId)).map((alarm) => `etcd alarm ${alarm.split(" ")[0]}`),
  ];
}

function staticPodProblems(facts: HostFacts): string[] {
  if (!knows(facts, Question.Health)) return [];
  return facts.staticPods.filter(({ healthy }) => !healthy).map(({ component }) => `${component} is not healthy`);
}

function nodeProblems(input: PlanInput, host: HostSpec): string[] {
  const cluster = clusterFacts(input);
  if (!cluster || !isNode(host)) return [];
  const node = cluster.nodes.find(({ name }) => name === host.name);
  if (!node) return ["is no node of the cluster"];
  return [...(node.ready ? [] : ["its node is not Ready"]), ...(node.unschedulable ? [cordonText(node, host)] : [])];
}

function cordonText({ cordonedByUs }: NodeFacts, { rested }: HostSpec): string {
  if (!cordonedByUs) return "cordoned";
  return rested ? "cordoned for its maintenance" : "cordoned by a run that was cut off";
}

/** What is wrong with the cluster as a whole, beside its hosts. */
export function clusterProblems(input: PlanInput): string[] {
  if (!input.applied || allFacts(input).length === 0) return [];
  const { vip } = input.spec.api;
  const holders = allFacts(input).filter((facts) => facts.holdsVip);
  const asked = controlPlanes(input.spec).map((host) => factsOf(input, host.name));
  const allTold = asked.every((facts) => facts !== undefined && knows(facts, Question.Interfaces));
  const nobody = vip !== undefined && holders.length === 0 && allTold;
  const members = etcdMembers(input.spec).map((host) => factsOf(input, host.name)?.etcd);
  const apiUnknown = asked.some((facts) => facts !== undefined && !knows(facts, Question.Api));
  const leaderless = members.some((etcd) => etcd !== undefined) && etcdLeader(input) === undefined;
  return [
    ...(nobody ? [`no host holds the virtual IP ${vip}`] : []),
    ...(holders.length > 1 ? [`the virtual IP ${vip} is on ${holders.map(({ name }) => name).join(" and ")}`] : []),
    ...(leaderless ? ["etcd has no leader"] : []),
    ...(clusterFacts(input) || apiUnknown ? [] : ["no API server answers"]),
  ];
}
