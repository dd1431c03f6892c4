/** What the last complete update of a stack applied. Pure. */
import { z } from "zod";
import type { Settled } from "./changes";
import { patterns } from "./schema/patterns";
import { ApiBy, HostState, Role, type ClusterSpec, type LeavingHost } from "./types";

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
