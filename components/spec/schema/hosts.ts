import { z } from "zod";
import { Role } from "../types";
import { patterns } from "./patterns";
import { text } from "./text";

const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

const taint = z.strictObject({
  key: text(patterns.labelKey, "a taint key", "dedicated").describe("Taint key."),
  value: text(patterns.labelValue, "a taint value", "db").default("").describe("Taint value."),
  effect: z
    .enum(taintEffects)
    .describe("What happens to pods that do not tolerate it.")
    .meta({ examples: ["NoSchedule"] }),
});

export const hostSchema = z.strictObject({
  name: text(
    patterns.hostName,
    "an RFC 1123 host name (lower-case letters, digits, - and ., at most 63)",
    "cp1",
  ).describe("Name of the host, of its node and of its etcd member; its identity for good."),
  ip: text(patterns.ipv4, "an IPv4 address", "192.0.2.11").describe(
    "Address that other nodes reach it by; the network interface is the one that carries it.",
  ),
  roles: z
    .array(z.enum(Role))
    .describe("`control-plane`, `etcd` or both, or `worker` alone. A host of its own for etcd has `etcd` only.")
    .meta({ examples: [["control-plane", "etcd"]] }),
  hostKey: z
    .string()
    .optional()
    .describe(
      "The host's public SSH key, as `ssh-keyscan` prints it without the address. Default: looked up in `ssh.knownHosts`.",
    )
    .meta({ examples: ["ssh-ed25519 AAAA…"] }),
  sshHost: text(patterns.hostOrIp, "a host name or an IPv4 address", "203.0.113.11")
    .optional()
    .describe("Address for SSH when it differs from `ip`. Default: `ip`."),
  labels: z
    .record(text(patterns.labelKey, "a label key", "zone"), text(patterns.labelValue, "a label value", "a"))
    .default({})
    .describe("Labels of the node.")
    .meta({ examples: [{ zone: "a" }] }),
  taints: z.array(taint).default([]).describe("Taints of the node, beyond kubeadm's own on control planes."),
});

export const hostsSchema = z
  .array(hostSchema)
  .min(1)
  .describe("The machines. Resources are keyed by `name`: the order means nothing.");
