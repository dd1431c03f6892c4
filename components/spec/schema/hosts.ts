import { z } from "zod";
import { HostState, Role } from "../types";
import { patterns } from "./patterns";
import { fields, text } from "./text";

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
  vipInterface: text(patterns.interfaceName, "the name of a network interface", "vlan20")
    .optional()
    .describe("Interface that carries the virtual IP while this host holds it. Default: the one that carries `ip`."),
  labels: z
    .record(text(patterns.labelKey, "a label key", "zone"), text(patterns.labelValue, "a label value", "a"))
    .default({})
    .describe("Labels of the node. One that leaves the configuration leaves the node; those of others stay.")
    .meta({ examples: [{ zone: "a" }] }),
  taints: z
    .array(taint)
    .default([])
    .describe(
      "Taints of the node, beyond kubeadm's own on control planes. One that leaves the configuration leaves the node; those of others stay.",
    ),
  schedulable: z
    .boolean()
    .default(false)
    .describe("Lets a control plane take ordinary pods: kubeadm's taint is not on its node. Workers always do.")
    .meta({ examples: [true] }),
  kubelet: fields("Fields of KubeletConfiguration for this host alone, merged over `kubelet`.", {
    maxPods: 250,
    systemReserved: { memory: "1Gi" },
  }),
  state: z
    .enum(HostState)
    .default(HostState.Active)
    .describe(
      "`maintenance`: emptied, out of service and left alone until it is `active` again; it need not answer. `lost`: gone for good, so the cluster goes on without it; the same name on a fresh machine is `active` again.",
    )
    .meta({ examples: [HostState.Maintenance] }),
});

export const hostsSchema = z
  .array(hostSchema)
  .min(1)
  .describe("The machines. Resources are keyed by `name`: the order means nothing.");
