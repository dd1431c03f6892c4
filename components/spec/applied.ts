/** What the last complete update of a stack applied, and which changes from there are refused. Pure. */
import { z } from "zod";
import { immutableChanges, type Settled, type Wanted } from "./changes";
import { keyPath, type Problem } from "./problem";
import { patterns } from "./schema/patterns";
import { hasRole, isNode } from "./topology";
import { ApiBy, HostState, Role, type ClusterSpec, type HostSpec, type LeavingHost } from "./types";
import { containerdUpgradeProblems, etcdUpgradeProblems, kubernetesUpgradeProblems } from "./upgrades";

// What an older release did not record has a default.
const leavingSchema = z.object({
  name: z.string(),
  ip: z.string(),
  sshHost: z.string().optional(),
  hostKey: z.string().default(""),
  roles: z.array(z.enum(Role)),
});

const hostSchema = leavingSchema.extend({
  state: z.enum(HostState).default(HostState.Active),
});

const appliedSchema = z.object({
  name: z.string(),
  versions: z.object({
    kubernetes: z.string().regex(patterns.kubernetesVersion),
    etcd: z.string().regex(patterns.plainVersion),
    containerd: z.string().regex(patterns.plainVersion),
  }),
  hosts: z.array(hostSchema.transform(withSshHost)),
  departed: z.array(leavingSchema.transform(withSshHost)).default([]),
  api: z.object({
    by: z.enum(ApiBy).default(ApiBy.Haproxy),
    vip: z.string().optional(),
    loadBalancer: z.object({ host: z.string() }).optional(),
    port: z.number(),
    bindPort: z.number(),
  }),
  network: z.object({
    podCidr: z.string(),
    serviceCidr: z.string(),
    dnsDomain: z.string(),
    plugin: z.string(),
  }),
  etcd: z.object({ dataDir: z.string() }),
});

function withSshHost<T extends { ip: string; sshHost?: string | undefined }>(host: T): T & { sshHost: string } {
  return { ...host, sshHost: host.sshHost ?? host.ip };
}

const commandsSchema = z.object({
  commands: z.record(z.string(), z.object({ input: z.string(), repair: z.string() })),
});

/** The remote commands of a complete update: resource → hash of its text, and the repair that the text named. */
export type Commands = z.output<typeof commandsSchema>["commands"];

/** The part of a spec that later changes are judged by; plain JSON without secrets, fit for a stack output. */
export interface Applied extends Settled {
  /** The control planes that left last. */
  departed: LeavingHost[];
  versions: Pick<ClusterSpec["versions"], "kubernetes" | "etcd" | "containerd">;
}

/** What is to be recorded of a spec: nothing that the rules do not read. */
export function appliedOf(spec: Applied): Applied {
  const known = appliedSchema.parse(spec);
  // A key without a value is no JSON.
  return JSON.parse(JSON.stringify(known)) as Applied;
}

/** What was recorded; undefined when it is not of that shape. */
export function parseApplied(value: unknown): Applied | undefined {
  return appliedSchema.safeParse(value).data;
}

/** The commands recorded beside it; none of them in a record that an older release wrote. */
export function parseCommands(value: unknown): Commands {
  return commandsSchema.safeParse(value).data?.commands ?? {};
}

/** Everything in a spec that the cluster as last applied cannot be changed to in one update. */
export function changeProblems(applied: Applied, spec: Wanted & Pick<Applied, "versions">): Problem[] {
  const [before, after] = [applied.versions, spec.versions];
  return [
    ...kubernetesUpgradeProblems(before.kubernetes, after.kubernetes),
    ...etcdUpgradeProblems(before.etcd, after.etcd),
    ...containerdUpgradeProblems(before.containerd, after.containerd),
    ...immutableChanges(applied, spec),
    ...newcomers(applied, spec),
    ...leftBehind(applied, spec),
  ];
}

/** A node joins with the new version before the control planes have it: its kubelet would be newer than they are. */
function newcomers(applied: Applied, spec: Wanted & Pick<Applied, "versions">): Problem[] {
  const [from, to] = [applied.versions.kubernetes, spec.versions.kubernetes];
  if (from === to) return [];
  return spec.hosts.flatMap((host): Problem[] => {
    if (!isNode(host) || isPart(applied, host)) return [];
    const reason = `would join with ${to} while the cluster still runs ${from}`;
    return [
      {
        key: keyPath(["hosts", host.place, "name"]),
        value: host.name,
        reason,
        fix: "Change the version in one update and add the host in another",
      },
    ];
  });
}

/** A fresh machine in the place of one that was part is not. */
function isPart(applied: Applied, { name, replacedBy }: HostSpec): boolean {
  return replacedBy === "" && applied.hosts.some((host) => host.name === name);
}

/** A member or control plane that rests keeps its versions, and would not be taken along. */
function leftBehind(applied: Applied, spec: Wanted & Pick<Applied, "versions">): Problem[] {
  const [before, after] = [applied.versions, spec.versions];
  if (before.kubernetes === after.kubernetes && before.etcd === after.etcd) return [];
  return spec.hosts.flatMap((host): Problem[] => {
    if (host.state !== HostState.Maintenance || hasRole(host, Role.Worker)) return [];
    const reason = `leaves ${host.name} behind while the others change their version`;
    const fix = "Set it to `active` and run an update first, or change the version later";
    return [{ key: keyPath(["hosts", host.place, "state"]), value: host.state, reason, fix }];
  });
}
