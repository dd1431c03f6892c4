import { mirrorWith, type Case } from "./case";

const sums = (version: string) => mirrorWith({ etcdSha256: { [`${version}-amd64`]: "b".repeat(64) } });
const etcd = (version: string) => ({ etcdVersion: version, ...sums(version) });
const fits = "etcd fits the Kubernetes minor";
const supported = "Kubernetes is of a supported minor";
const containerd = "containerd fits the Kubernetes minor";

export const versionCases: Case[] = [
  {
    sentence: supported,
    refused: { kubernetesVersion: "v1.33.9" },
    key: "kubernetesVersion",
    says: ["v1.33.9", "supports Kubernetes 1.34, 1.35, 1.36", "v1.36.3"],
    accepted: { kubernetesVersion: "v1.34.0" },
  },
  {
    sentence: supported,
    refused: { kubernetesVersion: "v1.37.0" },
    key: "kubernetesVersion",
    says: ["1.34, 1.35, 1.36"],
    accepted: { kubernetesVersion: "v1.36.99" },
  },
  {
    sentence: fits,
    refused: etcd("3.5.23"),
    key: "etcdVersion",
    says: ["older than 3.5.24", "kubeadm 1.35 accepts", "Use etcd 3.6.16"],
  },
  {
    sentence: fits,
    refused: etcd("3.5.31"),
    key: "etcdVersion",
    says: ["older than 3.5.32", "way on to 3.6"],
    accepted: etcd("3.5.32"),
  },
  {
    sentence: fits,
    refused: etcd("3.7.1"),
    key: "etcdVersion",
    says: ["newer than Kubernetes 1.35", "3.6.16"],
    accepted: etcd("3.6.0"),
  },
  { sentence: fits, refused: etcd("3.4.45"), key: "etcdVersion", says: ["older than 3.5.24"] },
  {
    sentence: containerd,
    refused: { containerdVersion: "1.7.24" },
    key: "containerdVersion",
    says: ["older than 2.0.0", "2.2.x"],
    accepted: { containerdVersion: "2.0.0" },
  },
  {
    sentence: containerd,
    refused: { containerdVersion: "3.0.0" },
    key: "containerdVersion",
    says: ["not known to work", "below 3.0.0"],
  },
];

export const versionWarningCases: Case[] = [
  {
    sentence: "etcd has the security fixes of July 2026",
    refused: etcd("3.6.8"),
    key: "etcdVersion",
    says: ["GHSA-6vch-q96h-7gc3", "3.6.14"],
    accepted: etcd("3.6.14"),
  },
  {
    sentence: "etcd has the security fixes of July 2026",
    refused: etcd("3.5.32"),
    key: "etcdVersion",
    says: ["3.5.33"],
  },
];
