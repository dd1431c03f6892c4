/** Clusters and runs for tests of plans. Tests only. */
import { Change, Step, type DeclaredCommand } from "../host/commands";
import type { HostFacts, Observations } from "../observe/facts";
import { bareFacts, observations, runningFacts } from "../observe/fixture";
import { appliedOf } from "../spec/applied";
import { leavingHosts } from "../spec/leaving";
import { configWith, specOf, testHostKey, validConfig, type RawConfig } from "../spec/fixture";
import type { PlainSpec } from "../spec/plain";
import { controlPlanes, etcdMembers, hasRole, isNode, leavingControlPlanes } from "../spec/topology";
import { Role, type HostSpec } from "../spec/types";
import type { PlanInput } from "./input";

export const NOW = new Date("2026-03-01T12:00:00Z");

/** Three control planes with etcd and twelve workers, as sketched for people. */
export function bigConfig(changes: RawConfig = {}): RawConfig {
  const [cp1, cp2, cp3, worker] = validConfig()["hosts"] as RawConfig[];
  const workers = Array.from({ length: 12 }, (_, index) => {
    const name = `w${index + 1}`;
    return { ...worker, name, ip: `192.0.2.${21 + index}`, hostKey: testHostKey(name) };
  });
  return configWith({ hosts: [cp1!, cp2!, cp3!, ...workers], rollout: { maxUnavailable: 3 }, ...changes });
}

/** Every command that the program declares for a cluster, none of which changes anything. */
export function commandsOf(spec: PlainSpec): DeclaredCommand[] {
  const { name } = spec;
  const [firstMember] = etcdMembers(spec);
  const [firstControlPlane] = controlPlanes(spec);
  const own = spec.hosts.flatMap((host) =>
    hostSteps(host).map((step) => command(resource(name, host, step), host, step)),
  );
  const once: [Step, HostSpec, string][] = [
    [Step.EtcdHealthy, firstMember!, `${name}-etcd-healthy`],
    [Step.Snapshot, firstMember!, `${name}-etcd-snapshot`],
    [Step.ControlPlanes, firstControlPlane!, `${name}-control-planes`],
    [Step.Settings, firstControlPlane!, `${name}-settings`],
    [Step.Workers, firstControlPlane!, `${name}-workers`],
    [Step.Labels, firstControlPlane!, `${name}-labels`],
    [Step.Ready, firstControlPlane!, `${name}-ready`],
  ];
  if (leavingControlPlanes(spec).length > 0) once.push([Step.Drain, firstControlPlane!, `${name}-drain`]);
  return [...own, ...once.map(([step, host, id]) => command(id, host, step))];
}

function hostSteps(host: HostSpec): Step[] {
  return [
    Step.Claim,
    Step.Prepare,
    Step.Stage,
    ...(isNode(host) ? [Step.Images, Step.Join, Step.Kubelet] : []),
    ...(hasRole(host, Role.Etcd) ? [Step.EtcdStart, Step.Member] : []),
    ...(hasRole(host, Role.ControlPlane) ? [Step.Vip, Step.ControlPlane] : []),
  ];
}

function resource(name: string, host: HostSpec, step: Step): string {
  const isEtcd = step === Step.EtcdStart || step === Step.Member;
  return `${name}-${isEtcd ? "etcd-" : ""}${host.name}-${step}`;
}

function command(name: string, host: HostSpec, step: Step): DeclaredCommand {
  return { name, host: host.name, step, change: Change.None, reasons: [], input: "0", repair: "" };
}

/** The commands of these steps, on these hosts if any are named, with another change. */
export function changing(
  commands: DeclaredCommand[],
  steps: Step[],
  { change = Change.Edited, hosts, reasons = [] }: { change?: Change; hosts?: string[]; reasons?: string[] } = {},
): DeclaredCommand[] {
  return commands.map((one) =>
    steps.includes(one.step) && (hosts?.includes(one.host) ?? true) ? { ...one, change, reasons } : one,
  );
}

/** A healthy cluster to which nothing happens. */
export function unchanged(config: RawConfig = validConfig()): PlanInput & { spec: PlainSpec } {
  const spec = specOf(config);
  return {
    spec,
    applied: appliedOf(spec),
    observations: observations(spec, runningFacts),
    commands: commandsOf(spec),
    warnings: [],
    now: NOW,
  };
}

/** Bare hosts, and everything new. */
export function build(config: RawConfig = validConfig()): PlanInput & { spec: PlainSpec } {
  const spec = specOf(config);
  return {
    ...unchanged(config),
    applied: undefined,
    observations: observations(spec, bareFacts),
    commands: commandsOf(spec).map((one) => ({ ...one, change: Change.New })),
  };
}

/** What leaves is known from the last update, as the program has it. */
function after<S extends PlainSpec>(before: PlainSpec, spec: S): S {
  return { ...spec, leaving: leavingHosts(before.hosts, spec) };
}

/** A healthy cluster of `from` that gets the configuration `to`; these steps are edited. */
export function edit(
  from: RawConfig,
  to: RawConfig,
  steps: Step[],
  facts: Record<string, Partial<HostFacts>> = {},
): PlanInput & { spec: PlainSpec } {
  const before = specOf(from);
  const spec = after(before, specOf(to));
  return {
    ...unchanged(to),
    spec,
    applied: appliedOf(before),
    observations: observations(before, runningFacts, facts) satisfies Observations,
    commands: changing(commandsOf(spec), steps),
  };
}

const UPGRADE_STEPS = [Step.Stage, Step.Snapshot, Step.ControlPlane, Step.Settings, Step.Kubelet, Step.Ready];

/** The sketch: a minor of Kubernetes and a patch of etcd over twelve workers. */
export function upgrade(facts: Record<string, Partial<HostFacts>> = {}): PlanInput & { spec: PlainSpec } {
  const to = bigConfig({
    kubernetesVersion: "v1.36.3",
    etcdVersion: "3.6.17",
    mirror: { etcdSha256: { "3.6.17-amd64": "a".repeat(64) } },
  });
  return edit(bigConfig(), to, [...UPGRADE_STEPS, Step.Member], facts);
}

/** What a hostile host might call things, in every language that a plan is written in. */
export const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "</style></script><script>alert(2)</script>",
  '" onfocus="alert(3)" x="',
  "| a | table |",
  "`code` ```fence",
  "\u202egnp.exe\u202c",
  "@everyone #1 https://evil.example www.evil.example",
  "[link](javascript:alert(4)) ![image](https://evil.example/x.png)",
  "\u001b[31mred\u001b[0m\u0007",
  "line\nbreak\r\n- item",
];

/** An upgrade on hosts that say hostile things wherever they may say anything. */
export function hostile(): PlanInput & { spec: PlainSpec } {
  const input = upgrade();
  const text = HOSTILE.join(" ");
  const spec = { ...input.spec, name: text };
  const facts = runningFacts(input.spec, input.spec.hosts[1]!);
  const cp2 = {
    ...facts,
    kubelet: HOSTILE[0]!,
    containerd: HOSTILE[3]!,
    units: { [text]: { active: text, enabled: text } },
    staticPods: HOSTILE.map((component) => ({ component, image: `x:${component}`, healthy: false })),
    etcd: { ...facts.etcd!, version: HOSTILE[4]!, alarms: [`${text} ${facts.etcd!.memberId}`] },
  };
  const warnings = HOSTILE.map((one) => `a host says ${one}`);
  const reasons = { change: Change.Repair, hosts: ["cp3"], reasons: HOSTILE };
  const commands = changing(input.commands, [Step.Vip], reasons);
  return { ...input, spec, commands, warnings, observations: observations(input.spec, runningFacts, { cp2 }) };
}
