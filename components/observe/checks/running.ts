/** What runs now, and whether the configuration asks for other versions: that decides how much a finding weighs. */
import semver from "semver";
import { Step, UNFINISHED } from "../../host/commands";
import { tagOf } from "../../host/images";
import { hasRole, isNode } from "../../spec/topology";
import { Role, type HostSpec } from "../../spec/types";
import type { HostFacts } from "../facts";
import { isResting, seen, Severity, type Context, type Seen } from "./check";

/** One program that runs on a host, with its version as it says. */
export interface Running {
  host: string;
  /** `kube-apiserver`, `kubelet`, `etcd`, `containerd`. */
  component: string;
  /** `1.35.4`. */
  version: string;
}

/** `v1.35.4` and `1.35.4` → `1.35.4`; undefined when the text is no version. */
export function plainVersion(text: string): string | undefined {
  return semver.valid(text) ?? undefined;
}

/** Components of Kubernetes on the cluster's control planes and nodes. */
function runningKubernetes(context: Context): Running[] {
  return [...runningControlPlane(context), ...runningKubelets(context)];
}

/** Static pods on control planes. */
export function runningControlPlane(context: Context): Running[] {
  return ours(context).flatMap(({ host, facts }) =>
    facts.staticPods.flatMap(({ component, image }) => running(host, component, tagOf(image))),
  );
}

export function runningEtcd(context: Context): Running[] {
  return ours(context).flatMap(({ host, facts }) => running(host, "etcd", facts.etcd?.version ?? ""));
}

export function runningContainerd(context: Context): Running[] {
  return onNodes(context, "containerd", ({ containerd }) => containerd);
}

export function runningKubelets(context: Context): Running[] {
  return onNodes(context, "kubelet", ({ kubelet }) => kubelet);
}

function onNodes(context: Context, component: string, of: (facts: HostFacts) => string): Running[] {
  return ours(context).flatMap(({ host, facts }) => (isNode(host) ? running(host, component, of(facts)) : []));
}

function running(host: HostSpec, component: string, text: string): Running[] {
  const version = plainVersion(text);
  return version === undefined ? [] : [{ host: host.name, component, version }];
}

/** Hosts that are claimed by this cluster: what runs elsewhere says nothing about it. */
export function ours(context: Context): Seen[] {
  return seen(context).filter(({ facts }) => facts.membership.cluster === context.spec.name);
}

interface Move {
  /** Of the configuration. */
  key: string;
  wanted: string;
  before: string[];
}

/** Of each part: what is wanted, and what was last applied or runs. */
export function moves(context: Context): Move[] {
  const { versions } = context.spec;
  const applied = context.applied?.versions;
  const resting = context.spec.hosts.filter(isResting).map(({ name }) => name);
  const versionsOf = (running: Running[], recorded: string | undefined) => [
    // A host that rests catches up when it is active again.
    ...running.filter(({ host }) => !resting.includes(host)).map(({ version }) => version),
    ...(recorded === undefined ? [] : [plainVersion(recorded) ?? ""]),
  ];
  return [
    {
      key: "kubernetesVersion",
      wanted: versions.kubernetes,
      before: versionsOf(runningKubernetes(context), applied?.kubernetes),
    },
    { key: "etcdVersion", wanted: versions.etcd, before: versionsOf(runningEtcd(context), applied?.etcd) },
    {
      key: "containerdVersion",
      wanted: versions.containerd,
      before: versionsOf(runningContainerd(context), applied?.containerd),
    },
  ].map(({ wanted, ...move }) => ({ ...move, wanted: plainVersion(wanted) ?? "" }));
}

/** Whether this update changes a version somewhere. */
export function changesVersions(context: Context): boolean {
  return moves(context).some(({ wanted, before }) => before.some((version) => version !== wanted));
}

/** Whether a change of versions was begun and not finished: something runs at the new version already, and not all. */
export function isUnderWay(context: Context): boolean {
  return moves(context).some(
    ({ wanted, before }) => before.includes(wanted) && before.some((version) => version !== wanted),
  );
}

/** The steps of a release that take something of their host out of service. */
const outages = [Step.Member, Step.Vip, Step.ControlPlane, Step.Kubelet];

/** Whether such a step was cut off on the host: what it left behind, it puts right when it runs again. */
function wasCutOff(context: Context, { name }: HostSpec): boolean {
  const { commands = [] } = ours(context).find(({ host }) => host.name === name)?.facts ?? {};
  return commands.some(
    ({ resource, input }) => input === UNFINISHED && outages.some((step) => resource.endsWith(`-${step}`)),
  );
}

/**
 * The weight of what is wrong with a host itself: where the update will work on it, because it is new or gets other
 * versions, it must be right; elsewhere it is news.
 */
export function gravity(context: Context, host: HostSpec): Severity {
  return isNew(context, host) || changesVersions(context) ? Severity.Error : Severity.Warning;
}

/** Whether the update makes something of a host that it is not yet: a part of the cluster, or of another role. */
function isNew(context: Context, host: HostSpec): boolean {
  const { applied } = context;
  // Without a record, as of a state that was lost, the cluster itself tells who is part of it.
  if (applied === undefined) return !isPart(context, host);
  const before = applied.hosts.find(({ name }) => name === host.name)?.roles ?? host.roles;
  return !host.settled || host.roles.some((role) => !before.includes(role));
}

function isPart(context: Context, host: HostSpec): boolean {
  const facts = ours(context).find((each) => each.host.name === host.name)?.facts;
  if (isNode(host) && facts?.registered !== true) return false;
  return !hasRole(host, Role.Etcd) || facts?.etcd !== undefined;
}

/**
 * The weight of what is wrong with the running cluster. No upgrade begins on a cluster that is not healthy; one that
 * was cut off in the middle is finished all the same, gate by gate, for that is the way out. A step that was cut off
 * before anything ran at the new version explains what is wrong with its own host, and with no other.
 *
 * @param host the one that something is wrong with
 */
export function urgency(context: Context, host?: HostSpec): Severity {
  const isExplained = isUnderWay(context) || (host !== undefined && wasCutOff(context, host));
  return changesVersions(context) && !isExplained ? Severity.Error : Severity.Warning;
}

/** The weight of not knowing how the running cluster is: nothing goes out of service unseen. */
export function outage(context: Context): Severity {
  const { hosts, leaving } = context.spec;
  const goes = (host: HostSpec) => host.replacedBy !== "" || (isResting(host) && !host.rested);
  return leaving.length > 0 || hosts.some(goes) ? Severity.Error : urgency(context);
}
