import { z } from "zod";
import { patterns } from "./patterns";
import { fields, flags, plainTree, text, whole } from "./text";

const GIB = 1024 ** 3;

export const etcdSchema = z
  .strictObject({
    dataDir: text(patterns.directory, "an absolute path without blanks or quotes", "/var/lib/etcd-kubernetes")
      .default("/var/lib/etcd-kubernetes")
      .describe("Data directory on every member. Never /var/lib/etcd: `kubeadm reset` wipes that."),
    heartbeatIntervalMs: whole(10, 5000, 100)
      .default(100)
      .describe("Leader heartbeat, milliseconds: about the round trip between members."),
    electionTimeoutMs: whole(100, 50000, 1000)
      .default(1000)
      .describe("Election timeout, milliseconds: at least 5 heartbeats."),
    quotaBackendBytes: whole(GIB / 4, 16 * GIB, 8 * GIB)
      .default(8 * GIB)
      .describe("Largest database, bytes."),
    extraArgs: flags("Further etcd flags, without leading dashes.", { "max-request-bytes": "3145728" }),
  })
  .prefault({})
  .describe("etcd members.");

function component(name: string, example: Record<string, string>) {
  return z
    .strictObject({ extraArgs: flags(`Further flags of ${name}, without leading dashes.`, example) })
    .prefault({})
    .describe(`${name}.`);
}

export const apiServerSchema = component("kube-apiserver", { "goaway-chance": "0.001" });
export const controllerManagerSchema = component("kube-controller-manager", { profiling: "false" });
export const schedulerSchema = component("kube-scheduler", { profiling: "false" });

export const kubeletSchema = fields("Fields of KubeletConfiguration, merged over the program's.", { maxPods: 200 });
export const kubeProxySchema = fields("Fields of KubeProxyConfiguration, merged over the program's.", {
  mode: "nftables",
});

export const kubeadmSchema = z
  .strictObject({
    ignorePreflightErrors: z
      .array(text(patterns.preflightCheck, "the name of a kubeadm preflight check", "NumCPU"))
      .default([])
      .describe("Preflight checks of kubeadm whose errors are only warnings.")
      .meta({ examples: [["NumCPU"]] }),
    dnsImageTag: text(patterns.imageTag, "an image tag", "v1.14.7")
      .optional()
      .describe("Tag of the CoreDNS image. Default: kubeadm's own for the version."),
    imageRepository: text(patterns.imageRepository, "an image repository", "registry.k8s.io")
      .default("registry.k8s.io")
      .describe("Repository of the control plane's images."),
  })
  .prefault({})
  .describe("Settings of kubeadm itself.");

export const containerdSchema = z
  .strictObject({
    plugins: z
      .record(
        text(patterns.pluginName, "a containerd plugin, io.containerd.…", "io.containerd.cri.v1.runtime"),
        plainTree(),
      )
      .default({})
      .describe("Settings merged over the program's, by plugin.")
      .meta({ examples: [{ "io.containerd.cri.v1.runtime": { enable_selinux: false } }] }),
  })
  .prefault({})
  .describe("containerd.");

const TEN_YEARS = 87600;

export const certificatesSchema = z
  .strictObject({
    caValidityHours: whole(24, 2 * TEN_YEARS, TEN_YEARS)
      .default(TEN_YEARS)
      .describe("Life of the certificate authorities, hours."),
    leafValidityHours: whole(1, TEN_YEARS, 8760).default(8760).describe("Life of all other certificates, hours."),
    earlyRenewalHours: whole(1, TEN_YEARS, 2160)
      .default(2160)
      .describe("Renewal is planned when less than this is left, hours."),
  })
  .prefault({})
  .describe("Lives of certificates.");
