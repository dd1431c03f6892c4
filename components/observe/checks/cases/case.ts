/** What hosts may say, for and against each check. Tests only. */
import type { DeclaredCommand } from "../../../host/commands";
import { appliedOf, type Applied } from "../../../spec/applied";
import { configWith, specOf, testHostKey, validConfig, type RawConfig } from "../../../spec/fixture";
import { leavingHosts } from "../../../spec/leaving";
import type { ClusterSpec } from "../../../spec/types";
import type { HostFacts, NodeFacts, Observation, Silence } from "../../facts";
import { bareFacts, observed, runningFacts, silent } from "../../fixture";
import type { Context, Severity } from "../check";

export type Change = Partial<HostFacts> | ((facts: HostFacts) => Partial<HostFacts>);

/** A healthy running cluster, or bare hosts, and what is different about it. */
export interface Given {
  /** Hosts that no cluster has touched; else all run and are settled. */
  bare?: true;
  /** The record of the last complete update is lost. */
  lost?: true;
  config?: RawConfig;
  /** By host name. */
  facts?: Record<string, Change>;
  silent?: Record<string, [Silence, string]>;
  clockOffsets?: Record<string, number>;
  /** The configuration of the last complete update, by default the same. */
  appliedConfig?: RawConfig;
  /** Hosts that the last complete update did not know. */
  newcomers?: string[];
  /** Hosts that it left in maintenance. */
  rested?: string[];
  now?: number;
  /** What the program would run; nothing else of them matters. */
  commands?: Pick<DeclaredCommand, "host" | "step" | "change">[];
}

export interface Case {
  /** Id of the check that speaks. */
  check: string;
  given: Given;
  /** Beginning of the line. */
  key: string;
  severity: Severity;
  /** What the line must say, of the reason and of the fix. */
  says: string[];
  /** Close by, and nothing to say for this check. */
  fine?: Given;
}

const NOW = Date.UTC(2026, 8, 21);

export function contextOf(given: Given): Context {
  const spec = clusterSpec(given.config ?? {});
  const before = clusterSpec(given.appliedConfig ?? given.config ?? {});
  const isNew = (name: string) => given.bare === true || (given.newcomers ?? []).includes(name);
  const knew = (name: string) => before.hosts.some((host) => host.name === name) && !isNew(name);
  spec.hosts = spec.hosts.map((host) => ({
    ...host,
    settled: !given.lost && knew(host.name),
    rested: (given.rested ?? []).includes(host.name),
  }));
  const applied: Applied = appliedOf(before);
  applied.hosts = applied.hosts.filter(({ name }) => !isNew(name));
  if (!given.bare && !given.lost) spec.leaving = leavingHosts(applied.hosts, spec);
  const observed = (hosts: { name: string }[]) =>
    new Map(hosts.map(({ name }) => [name, observationOf(given, spec, before, name)]));
  return {
    spec,
    observations: Object.assign(observed(spec.hosts), { leaving: observed(spec.leaving) }),
    applied: given.bare || given.lost ? undefined : applied,
    now: given.now ?? NOW,
    commands: (given.commands ?? []).map((one) => ({ name: "", reasons: [], input: "", repair: "", ...one })),
  };
}

// What runs is what the last update left, whatever the configuration now wants.
function observationOf(given: Given, spec: ClusterSpec, before: ClusterSpec, name: string): Observation {
  const silence = given.silent?.[name];
  if (silence !== undefined) return silent(name, ...silence);
  const old = before.hosts.find((host) => host.name === name);
  const host = spec.hosts.find((each) => each.name === name)!;
  const runs = !given.bare && old !== undefined && !(given.newcomers ?? []).includes(name);
  const facts = runs ? runningFacts(before, old) : bareFacts(spec, host);
  const change = given.facts?.[name] ?? {};
  const changed = { ...facts, ...(typeof change === "function" ? change(facts) : change) };
  return observed(changed, given.clockOffsets?.[name] ?? 0);
}

/** As the program has it; without a private key a plain spec is one. */
function clusterSpec(config: RawConfig): ClusterSpec {
  return { ...specOf(configWith(config)), ssh: { user: "ops", port: 22, agent: true, privateKey: undefined } };
}

/** The valid configuration with other hosts in some places. */
export const replaced = (...positions: number[]) => ({
  hosts: positions.reduce<object[]>(
    (hosts, position) =>
      hosts.map((host, index) =>
        index === position
          ? { ...host, name: `new${position}`, ip: `192.0.2.${30 + position}`, hostKey: testHostKey(`new${position}`) }
          : host,
      ),
    validConfig()["hosts"] as object[],
  ),
});

/** The next minor of Kubernetes. */
export const to136 = { config: { kubernetesVersion: "v1.36.3" }, appliedConfig: {} };

/** One interface with one address. */
export const eth0 = (address: string, prefix: number, up = true) => ({
  interfaces: [{ name: "eth0", mac: "52:54:00:00:00:99", up, addresses: [{ address, prefix }] }],
});

/** What a member says of itself, changed. */
export const etcd = (change: Partial<NonNullable<HostFacts["etcd"]>>) => (facts: HostFacts) => ({
  etcd: { ...facts.etcd!, ...change },
});

const nodes = (change: (node: NodeFacts) => Partial<NodeFacts>) => (facts: HostFacts) => ({
  cluster: { ...facts.cluster!, nodes: facts.cluster!.nodes.map((node) => ({ ...node, ...change(node) })) },
});

/** One node as the first control plane's API has it, changed. */
export const only = (name: string, change: Partial<NodeFacts>) => ({
  cp1: nodes((node) => (node.name === name ? change : {})),
});

/** A control plane's static pods. */
export const pods = (version: string, healthy = true) => ({
  staticPods: ["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((component) => ({
    component,
    image: `registry.example:5000/${component}:${version}@sha256:${"0".repeat(64)}`,
    healthy,
  })),
});
