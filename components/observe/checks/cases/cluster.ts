import { Severity } from "../check";
import { etcd, only, pods, to136, type Case } from "./case";

const { Error, Warning } = Severity;

const etcdOf = (version: string) => ({
  etcdVersion: version,
  mirror: { etcdSha256: { [`${version}-amd64`]: "a".repeat(64) } },
});

export const versionCases: Case[] = [
  {
    check: "no-downgrade",
    given: { facts: { cp2: pods("v1.36.3") } },
    key: "kubernetesVersion v1.35.4",
    severity: Error,
    says: ["the cluster runs v1.36.3", "(kube-apiserver on cp2)", "Set v1.36.3 or newer"],
    fine: { facts: { cp2: pods("v1.35.3") } },
  },
  {
    check: "no-downgrade",
    given: { facts: { w1: { kubelet: "v1.36.0" } } },
    key: "kubernetesVersion v1.35.4",
    severity: Error,
    says: ["(kubelet on w1)"],
  },
  {
    check: "no-downgrade",
    given: { facts: { w1: { kubelet: "v1.35.7" } } },
    key: "kubernetesVersion v1.35.4",
    severity: Warning,
    says: ["(kubelet on w1)"],
  },
  {
    check: "no-downgrade",
    given: { facts: { cp1: etcd({ version: "3.6.17" }) } },
    key: "etcdVersion 3.6.16",
    severity: Error,
    says: ["3.6.17", "(etcd on cp1)"],
  },
  {
    check: "no-downgrade",
    given: { facts: { w1: { containerd: "2.3.0" } } },
    key: "containerdVersion 2.2.9",
    severity: Error,
    says: ["2.3.0", "(containerd on w1)"],
    fine: { facts: { w1: { containerd: "2.2.10" } } },
  },
  {
    check: "upgrade-steps",
    given: { ...to136, facts: { cp3: pods("v1.34.4") } },
    key: "kubernetesVersion v1.36.3",
    severity: Error,
    says: ["the cluster runs v1.34.4", "one minor at a time (kube-apiserver on cp3)", "v1.35.4 first"],
    fine: to136,
  },
  {
    check: "upgrade-steps",
    given: { config: etcdOf("3.6.16"), facts: { cp2: etcd({ version: "3.5.20" }) } },
    key: "etcdVersion 3.6.16",
    severity: Error,
    says: ["3.5.20 → 3.5.33 → 3.6.16 (etcd on cp2)", "Set 3.5.33 first"],
    fine: { config: etcdOf("3.6.16"), facts: { cp2: etcd({ version: "3.5.33" }) } },
  },
  {
    check: "kubelet-skew",
    given: { facts: { w1: { kubelet: "v1.31.9" } } },
    key: "kubernetesVersion v1.35.4",
    severity: Error,
    says: ["the kubelet of w1 is v1.31.9", "3 minors"],
    fine: { facts: { w1: { kubelet: "v1.32.9" } } },
  },
  {
    check: "kubelet-skew",
    given: { facts: only("w1", { name: "stray", kubeletVersion: "v1.36.0" }) },
    key: "kubernetesVersion v1.35.4",
    severity: Error,
    says: ["the kubelet of stray is v1.36.0"],
    fine: { facts: only("w1", { name: "stray", kubeletVersion: "unknown" }) },
  },
];
