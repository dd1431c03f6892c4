/** What differs on a host from what its configuration says, step by step; files are their own records' affair. Pure. */
import { Step } from "../host/commands";
import { endpointPrograms, holds, kubeadmPackages, packages, releasedPackages } from "../host/apt";
import { hostImages } from "../host/images";
import { hasRole, isNode } from "../spec/topology";
import { HostState, Role, type ClusterSpec, type HostSpec } from "../spec/types";
import { isUp, type ClusterFacts, type HostFacts, type Observations } from "./facts";
import { knows, Question } from "./questions";

/** By host, by step: sentences without a full stop, `the unit haproxy is inactive`. Hosts without facts are not there. */
export function driftOf(spec: ClusterSpec, observations: Observations): Map<string, Map<Step, string[]>> {
  const missing = missingNodes(spec, observations);
  return new Map(
    spec.hosts.flatMap((host): [string, Map<Step, string[]>][] => {
      const facts = observations.get(host.name)?.facts;
      if (facts === undefined) return [];
      const drift = hostDrift(spec, host, facts, missing.has(host.name));
      // The cluster's affairs are looked after from any of them.
      if (hasRole(host, Role.ControlPlane)) {
        drift.set(Step.Labels, labelDrift(spec, missing));
        drift.set(Step.ControlPlanes, cordonDrift(spec, observations, Role.ControlPlane));
        drift.set(Step.Workers, cordonDrift(spec, observations, Role.Worker));
      }
      return [[host.name, drift]];
    }),
  );
}

function hostDrift(spec: ClusterSpec, host: HostSpec, facts: HostFacts, isMissing: boolean): Map<Step, string[]> {
  const drift = new Map<Step, string[]>();
  const gone = isMissing ? [`the node ${host.name} is not in the cluster`] : [];
  drift.set(Step.Stage, [...sysctlDrift(facts), ...packageDrift(facts, packages(spec, host))]);
  if (hasRole(host, Role.Etcd)) drift.set(Step.Member, [...unitDrift(facts, ["etcd"]), ...etcdDrift(spec, facts)]);
  if (hasRole(host, Role.ControlPlane)) {
    drift.set(Step.Vip, unitDrift(facts, endpointPrograms(spec.api)));
    drift.set(Step.ControlPlane, [...packageDrift(facts, kubeadmPackages(spec)), ...gone]);
  }
  if (isNode(host)) {
    drift.get(Step.Stage)?.push(...imageDrift(facts, hostImages(spec, host)));
    drift.set(Step.Kubelet, [
      ...unitDrift(facts, ["containerd", "kubelet"]),
      ...packageDrift(facts, releasedPackages(spec, host)),
      ...runningDrift(spec, facts),
      ...holdDrift(facts, holds(spec, host)),
      ...(hasRole(host, Role.ControlPlane) ? [] : gone),
    ]);
  }
  return drift;
}

function sysctlDrift({ sysctls }: HostFacts): string[] {
  return sysctls.map(({ key, wanted, found }) => `sysctl ${key} is ${found}, not ${wanted}`);
}

function unitDrift(facts: HostFacts, names: string[]): string[] {
  if (!knows(facts, Question.Units)) return [];
  return names.flatMap((name) => {
    const unit = facts.units[name];
    if (unit === undefined) return [`there is no unit ${name}`];
    if (!isUp(unit)) return [`the unit ${name} is ${unit.active}`];
    return unit.enabled === "enabled" ? [] : [`the unit ${name} is ${unit.enabled}: it would not start at boot`];
  });
}

/** `wanted` are entries name=glob. */
function packageDrift(facts: HostFacts, wanted: string[]): string[] {
  if (!knows(facts, Question.Packages)) return [];
  return wanted.flatMap((entry) => {
    const [name = "", pattern = ""] = entry.split("=");
    const version = facts.packages[name];
    if (version === undefined) return [`the package ${name} is not installed`];
    return matches(version, pattern) ? [] : [`the package ${name} is ${version}, not ${pattern}`];
  });
}

/** Debian's names of versions with one star at the end, or a star alone. */
function matches(version: string, pattern: string): boolean {
  return pattern.endsWith("*") ? version.startsWith(pattern.slice(0, -1)) : version === pattern;
}

// A containerd that stands still is the kubelet step's drift, and says nothing of its images.
function imageDrift(facts: HostFacts, wanted: string[]): string[] {
  if (facts.containerd === "" || !knows(facts, Question.Images)) return [];
  return wanted.flatMap((name) => {
    const image = facts.images.find((one) => one.name === name);
    if (image === undefined) return [`the image ${name} is not there`];
    return image.pinned ? [] : [`the image ${name} is not pinned: the kubelet may delete it`];
  });
}

function etcdDrift(spec: ClusterSpec, { etcd, membership }: HostFacts): string[] {
  const wanted = spec.versions.etcd;
  return [
    // The process goes on with what is deleted, until it is restarted.
    ...(membership.etcdData ? [] : [`etcd's data are not in ${spec.etcd.dataDir}`]),
    ...(etcd === undefined || etcd.version === wanted ? [] : [`etcd runs at ${etcd.version}, not ${wanted}`]),
    ...(etcd?.alarms.includes(`CORRUPT ${etcd.memberId}`) ? ["etcd's data differ from the other members'"] : []),
  ];
}

/** A package may be newer than the process that still runs. */
function runningDrift(spec: ClusterSpec, { kubelet, containerd }: HostFacts): string[] {
  const wanted = spec.versions;
  return [
    ...(kubelet === "" || kubelet === wanted.kubernetes ? [] : [`the kubelet runs at ${kubelet}`]),
    ...(containerd === "" || containerd === wanted.containerd ? [] : [`containerd runs at ${containerd}`]),
  ];
}

/** Only of packages that are there: the CNI plugins come with some kubelets and not with others. */
function holdDrift(facts: HostFacts, wanted: string[]): string[] {
  const free = wanted.filter((name) => facts.packages[name] !== undefined && !facts.holds.includes(name));
  return free.map((name) => `the package ${name} is not held`);
}

/** A node that registers again, or is a fresh machine's, has none of its labels, and only the taints that it joined with. */
function labelDrift(spec: ClusterSpec, missing: Set<string>): string[] {
  const labelled = spec.hosts.filter(
    ({ name, labels, taints, schedulable, replacedBy }) =>
      (missing.has(name) || replacedBy !== "") && (Object.keys(labels).length > 0 || taints.length > 0 || schedulable),
  );
  return labelled.map((host) => `the node ${host.name} registers again without its labels and taints`);
}

/** A host that was to leave, until a run was cut off and its entry came back. */
function cordonDrift(spec: ClusterSpec, observations: Observations, role: Role): string[] {
  const nodes = clusterOf(observations)?.nodes ?? [];
  const inService = spec.hosts.filter((host) => hasRole(host, role) && host.state === HostState.Active);
  const cordoned = inService.filter(({ name }) => nodes.some((node) => node.name === name && node.cordonedByUs));
  return cordoned.map(({ name }) => `the node ${name} is still cordoned by a run that was cut off`);
}

/** As the first API server that answers has it. */
function clusterOf(observations: Observations): ClusterFacts | undefined {
  return [...observations.values()].find(({ facts }) => facts?.cluster !== undefined)?.facts?.cluster;
}

/** Nodes of the configuration that the API does not have, as one of its servers or the node itself says. */
function missingNodes(spec: ClusterSpec, observations: Observations): Set<string> {
  const cluster = clusterOf(observations);
  const known = new Set(cluster?.nodes.map(({ name }) => name));
  const missing = spec.hosts.filter(
    (host) =>
      isNode(host) &&
      (observations.get(host.name)?.facts?.registered === false || (cluster !== undefined && !known.has(host.name))),
  );
  return new Set(missing.map(({ name }) => name));
}
