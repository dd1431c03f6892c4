/** What a plan is made of, and questions to it about the cluster as it is. Pure. */
import type { DeclaredCommand } from "../host/commands";
import { tagOf } from "../host/images";
import type { HostFacts, Observation, Observations } from "../observe/facts";
import type { Applied } from "../spec/applied";
import type { Problem } from "../spec/problem";
import { hasRole, isNode } from "../spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";
import { versionNumber } from "./versions";

type Planned = Pick<
  ClusterSpec,
  "name" | "hosts" | "lost" | "leaving" | "versions" | "api" | "etcd" | "network" | "rollout" | "certificates"
>;

export interface PlanInput {
  spec: Planned;
  /** What the last complete update applied; undefined when there was none. */
  applied: Applied | undefined;
  /** Undefined when no host was asked (`observe: false`). */
  observations: Observations | undefined;
  /** Every remote command of the program. */
  commands: DeclaredCommand[];
  /** What checks found and did not refuse. */
  warnings: (Problem | string)[];
  now: Date;
  /** When etcd's data was last saved; undefined when nobody knows. */
  lastSnapshot?: Date;
}

/** Versions that a host runs; empty texts for what does not run or is not known. */
export interface Running {
  apiServer: string;
  kubelet: string;
  containerd: string;
  etcd: string;
  cniPlugins: string;
  /** Package on disk, which the kubelet of before may not be from any more. */
  kubeadm: string;
}

const NOTHING: Running = { apiServer: "", kubelet: "", containerd: "", etcd: "", cniPlugins: "", kubeadm: "" };

export function observationOf(input: PlanInput, host: string): Observation | undefined {
  return input.observations?.get(host);
}

export function factsOf(input: PlanInput, host: string): HostFacts | undefined {
  return observationOf(input, host)?.facts;
}

/** Facts of every host that gave some, in the order of the configuration. */
export function allFacts(input: PlanInput): HostFacts[] {
  return input.spec.hosts.flatMap((host) => factsOf(input, host.name) ?? []);
}

/** Part of the last complete update, and no fresh machine in the place of one that was. */
export function isSettled(input: PlanInput, host: string): boolean {
  if (input.spec.hosts.some(({ name, replacedBy }) => name === host && replacedBy !== "")) return false;
  return input.applied?.hosts.some(({ name }) => name === host) ?? false;
}

/** What runs on a host: by its own facts or, where there are none, as last applied. */
export function runningOn(input: PlanInput, host: HostSpec): Running {
  const facts = factsOf(input, host.name);
  if (facts) return observed(facts);
  const { applied } = input;
  if (!applied || !isSettled(input, host.name)) return NOTHING;
  const { kubernetes, containerd, etcd } = applied.versions;
  return {
    ...NOTHING,
    ...(hasRole(host, Role.ControlPlane) && { apiServer: kubernetes }),
    ...(hasRole(host, Role.Etcd) && { etcd }),
    ...(isNode(host) && { kubelet: kubernetes, containerd }),
  };
}

function observed(facts: HostFacts): Running {
  const apiServer = facts.staticPods.find(({ component }) => component === "kube-apiserver");
  return {
    apiServer: apiServer ? tagOf(apiServer.image) : "",
    kubelet: facts.kubelet,
    containerd: facts.containerd,
    etcd: facts.etcd?.version ?? "",
    cniPlugins: installed(facts, "kubernetes-cni"),
    kubeadm: installed(facts, "kubeadm"),
  };
}

/** Version of a package; `1.7.1-1.1` is the first packaging of 1.7.1. */
function installed(facts: HostFacts, name: string): string {
  return (facts.packages[name] ?? "").replace(/-.*$/, "");
}

/** A package of the node gets another version, so its pods are moved away first. */
export function packageChanges(input: PlanInput, host: HostSpec): boolean {
  const now = runningOn(input, host);
  const { kubernetes, containerd, cniPlugins } = input.spec.versions;
  const differs = (have: string, want: string | undefined) => have !== "" && want !== undefined && !same(have, want);
  return differs(now.kubelet, kubernetes) || differs(now.containerd, containerd) || differs(now.cniPlugins, cniPlugins);
}

/** containerd gets another version, or its configuration another sandbox image. */
export function containerdChanges(input: PlanInput, host: HostSpec): boolean {
  const { containerd, pause } = input.spec.versions;
  const sandbox = tagOf(factsOf(input, host.name)?.sandboxImage ?? "");
  const now = runningOn(input, host).containerd;
  return (now !== "" && !same(now, containerd)) || (sandbox !== "" && sandbox !== pause);
}

/** Nothing that runs on the host differs from what is wanted in its version. */
export function runsAsWanted(input: PlanInput, host: HostSpec): boolean {
  const now = runningOn(input, host);
  const { kubernetes, etcd } = input.spec.versions;
  return (
    !packageChanges(input, host) &&
    (now.apiServer === "" || same(now.apiServer, kubernetes)) &&
    (now.etcd === "" || same(now.etcd, etcd))
  );
}

function same(a: string, b: string): boolean {
  return versionNumber(a) === versionNumber(b);
}
