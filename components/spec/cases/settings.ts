import { testArchiveKey } from "../fixture";
import { mirrorWith, type Case } from "./case";

const source = {
  name: "a",
  url: "https://packages.example/apt",
  suite: "stable",
  components: ["main"],
  key: "https://packages.example/key.asc",
};
const apt = (...sources: object[]) => mirrorWith({ apt: sources });
const certificates = (change: Record<string, number>) => ({ certificates: change });
const etcd = (change: Record<string, unknown>) => ({ etcd: change });
const components = "apt sources have the components that their suite asks for";
const directory = "etcd's data is safe from kubeadm reset";
const longer = "certificates live longer than their renewal time";
const gib = 1024 ** 3;

export const mirrorCases: Case[] = [
  {
    sentence: "apt sources have names of their own",
    refused: apt(source, source),
    key: "mirror.apt[1].name",
    says: ["mirror.apt[0]", "another name"],
    accepted: apt(source, { ...source, name: "b" }),
  },
  {
    sentence: components,
    refused: apt({ ...source, components: [] }),
    key: "mirror.apt[0].components",
    says: ["missing for suite stable", "[main]"],
  },
  {
    sentence: components,
    refused: apt({ ...source, suite: "/" }),
    key: "mirror.apt[0].components",
    says: ["flat suite /", "Remove them"],
    accepted: apt({ ...source, suite: "/", components: [] }),
  },
  {
    sentence: "apt keys are armoured keys or https URLs",
    refused: apt({ ...source, key: "http://packages.example/key.asc" }),
    key: "mirror.apt[0].key",
    says: ["neither an armoured public key", "gpg --export --armor"],
    accepted: apt({ ...source, key: testArchiveKey }),
  },
  {
    sentence: "apt keys are armoured keys or https URLs",
    refused: apt({ ...source, key: testArchiveKey.replace("mDME", "é$(x)") }),
    key: "mirror.apt[0].key",
    says: ["neither"],
  },
  {
    sentence: "etcd's archive is that of the version",
    refused: mirrorWith({ etcdUrl: "https://files.example/etcd-{arch}.tar.gz" }),
    key: "mirror.etcdUrl",
    says: ["does not hold {version}", "Write {version}"],
    accepted: mirrorWith({ etcdUrl: "http://192.0.2.5/etcd-v{version}.tar.gz" }),
  },
];

export const etcdCases: Case[] = [
  {
    sentence: directory,
    refused: etcd({ dataDir: "/var/lib/etcd" }),
    key: "etcd.dataDir",
    says: ["wiped by `kubeadm reset`", "/var/lib/etcd-kubernetes"],
  },
  {
    sentence: directory,
    refused: etcd({ dataDir: "/var/lib/etcd/data" }),
    key: "etcd.dataDir",
    says: ["wiped"],
    accepted: etcd({ dataDir: "/var/lib/etcd-data" }),
  },
  {
    sentence: directory,
    refused: etcd({ dataDir: "/tmp/etcd" }),
    key: "etcd.dataDir",
    says: ["no place for data that must last"],
  },
  {
    sentence: directory,
    refused: etcd({ dataDir: "/srv" }),
    key: "etcd.dataDir",
    says: ["whole system directory"],
    accepted: etcd({ dataDir: "/srv/etcd" }),
  },
  {
    sentence: "an election waits for several heartbeats",
    refused: etcd({ electionTimeoutMs: 499 }),
    key: "etcd.electionTimeoutMs",
    says: ["5 heartbeats of 100 ms", "Set 1000"],
    accepted: etcd({ electionTimeoutMs: 500 }),
  },
];

export const etcdWarningCases: Case[] = [
  {
    sentence: "etcd's database stays of a size that it is tested with",
    refused: etcd({ quotaBackendBytes: 9 * gib }),
    key: "etcd.quotaBackendBytes",
    says: ["8 GiB", "8589934592"],
    accepted: etcd({ quotaBackendBytes: 8 * gib }),
  },
];

export const kubeadmCases: Case[] = [
  {
    sentence: "preflight checks are ignored by name",
    refused: { kubeadm: { ignorePreflightErrors: ["NumCPU", "all"] } },
    key: "kubeadm.ignorePreflightErrors[1]",
    says: ["nobody has thought of", "Name the checks"],
    accepted: { kubeadm: { ignorePreflightErrors: ["NumCPU"] } },
  },
];

export const certificateCases: Case[] = [
  {
    sentence: longer,
    refused: certificates({ leafValidityHours: 2160 }),
    key: "certificates.leafValidityHours",
    says: ["earlyRenewalHours (2160)", "at least twice"],
    accepted: certificates({ leafValidityHours: 2161 }),
  },
  {
    sentence: "certificates do not outlive their authority",
    refused: certificates({ caValidityHours: 8759 }),
    key: "certificates.leafValidityHours",
    says: ["caValidityHours (8759)", "Set at most 8759"],
    accepted: certificates({ caValidityHours: 8760 }),
  },
  {
    sentence: "authorities live longer than their renewal time",
    refused: certificates({ caValidityHours: 48, leafValidityHours: 47, earlyRenewalHours: 48 }),
    key: "certificates.caValidityHours",
    says: ["replace the authorities", "87600"],
  },
];

export const skipCases: Case[] = [
  {
    sentence: "skipped checks exist and may be skipped",
    refused: { skipChecks: ["swap-off", "swap-of"] },
    key: "skipChecks[1]",
    says: ["swap-of: is not the name of a check", "Did you mean swap-off?"],
    accepted: { skipChecks: ["swap-off", "vip-subnet"] },
  },
  {
    sentence: "skipped checks exist and may be skipped",
    refused: { skipChecks: "swap-off,SwapOf" },
    key: "skipChecks[1]",
    says: ["Did you mean swap-off?"],
    accepted: { skipChecks: "swap-off,vip-subnet" },
  },
  {
    sentence: "skipped checks exist and may be skipped",
    refused: { skipChecks: ["everything"] },
    key: "skipChecks[0]",
    says: ["docs/checks.md"],
    accepted: { skipChecks: "" },
  },
  {
    sentence: "skipped checks exist and may be skipped",
    refused: { skipChecks: ["host-names-unique"] },
    key: "skipChecks[0]",
    says: ["cannot be skipped: resources are named after hosts", "Take it off the list"],
  },
  {
    // Rules of a change are told apart from names that do not exist.
    sentence: "skipped checks exist and may be skipped",
    refused: { skipChecks: ["pod-cidr-kept", "state-of-the-cluster"] },
    key: "skipChecks[0]",
    says: ["cannot be skipped: a running cluster cannot take it", "Take it off the list"],
  },
];
