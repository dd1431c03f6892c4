/** The shape of the configuration: every key of the `kubeadm-ha:` namespace, its type, default and meaning. */
import { z } from "zod";
import { mirrorSchema, sshSchema } from "./schema/access";
import {
  apiServerSchema,
  certificatesSchema,
  containerdSchema,
  controllerManagerSchema,
  etcdSchema,
  kubeadmSchema,
  kubeletSchema,
  kubeProxySchema,
  schedulerSchema,
} from "./schema/components";
import { hostsSchema } from "./schema/hosts";
import { apiSchema, networkSchema } from "./schema/network";
import { patterns } from "./schema/patterns";
import { rolloutSchema } from "./schema/rollout";
import { skipChecksSchema } from "./schema/skips";
import { text } from "./schema/text";
import { defaultContainerd } from "./versions";

export const configSchema = z.strictObject({
  kubernetesVersion: text(patterns.kubernetesVersion, "an exact version with its v", "v1.35.4").describe(
    "Release of Kubernetes. Upgrades go one minor at a time.",
  ),
  etcdVersion: text(patterns.plainVersion, "an exact version", "3.6.16").describe(
    "Release of etcd. kubeadm does not upgrade it, so it is named apart.",
  ),
  containerdVersion: text(patterns.plainVersion, "an exact version", defaultContainerd)
    .default(defaultContainerd)
    .describe("Release of containerd; its package brings runc."),
  cniPluginsVersion: text(patterns.plainVersion, "an exact version", "1.7.1")
    .optional()
    .describe(
      "Release of the CNI plugins (package kubernetes-cni). Default: what comes with the first kubelet, and stays.",
    ),
  clusterName: text(patterns.label, "an RFC 1123 label (lower-case letters, digits and -, at most 63)", "prod")
    .optional()
    .describe("Name of the cluster and prefix of its resources. Default: the stack's name. Cannot change later."),
  allowNonHa: z
    .boolean()
    .default(false)
    .describe("Allows one or two control planes, which do not survive the loss of a host."),
  observe: z
    .boolean()
    .default(true)
    .describe(
      "Ask every host, read-only, before anything is planned: checks of hosts and of the running cluster, repairs and the plan need it. False: no host is asked, and a preview works without any network.",
    )
    .meta({ examples: [false] }),
  skipChecks: skipChecksSchema,
  hosts: hostsSchema,
  api: apiSchema,
  network: networkSchema,
  ssh: sshSchema,
  mirror: mirrorSchema,
  etcd: etcdSchema,
  apiServer: apiServerSchema,
  controllerManager: controllerManagerSchema,
  scheduler: schedulerSchema,
  kubelet: kubeletSchema,
  kubeProxy: kubeProxySchema,
  kubeadm: kubeadmSchema,
  containerd: containerdSchema,
  certificates: certificatesSchema,
  rollout: rolloutSchema,
});

/** The configuration as written, checked in shape, with defaults filled in. */
export type Config = z.output<typeof configSchema>;

/** A key of the `kubeadm-ha:` namespace. */
export type ConfigKey = keyof Config;
