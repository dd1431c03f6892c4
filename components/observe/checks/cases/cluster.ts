import { UNFINISHED } from "../../../host/commands";
import { Severity } from "../check";
import { etcd, only, pods, type Case } from "./case";

const { Error, Warning } = Severity;

const v136 = { kubernetesVersion: "v1.36.3" };
const to136 = { config: v136, appliedConfig: {} };
const cutOff = (...resources: string[]) => ({
  commands: resources.map((resource) => ({ resource, input: UNFINISHED, repair: "" })),
});
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
    given: { config: v136, appliedConfig: {}, facts: { cp3: pods("v1.34.4") } },
    key: "kubernetesVersion v1.36.3",
    severity: Error,
    says: ["the cluster runs v1.34.4", "one minor at a time (kube-apiserver on cp3)", "v1.35.4 first"],
    fine: { ...to136 },
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

export const healthCases: Case[] = [
  {
    check: "etcd-healthy",
    given: { facts: { cp2: etcd({ healthy: false }) } },
    key: "hosts[1] (cp2) etcd",
    severity: Warning,
    says: ["no leader", "journalctl -u etcd"],
  },
  {
    check: "etcd-healthy",
    given: { facts: { cp2: { etcd: undefined } }, ...to136 },
    key: "hosts[1] (cp2) etcd",
    severity: Error,
    says: ["does not answer"],
    fine: { facts: { cp2: { etcd: undefined } }, newcomers: ["cp2"] },
  },
  {
    // An upgrade that was cut off is finished.
    check: "etcd-healthy",
    given: { facts: { cp2: { etcd: undefined }, cp3: pods("v1.36.3") }, ...to136 },
    key: "hosts[1] (cp2) etcd",
    severity: Warning,
    says: ["does not answer"],
  },
  {
    // So is a step that was cut off before anything ran at the new version.
    check: "etcd-healthy",
    given: { facts: { cp2: { etcd: undefined, ...cutOff("test-etcd-cp2-member") } }, ...to136 },
    key: "hosts[1] (cp2) etcd",
    severity: Warning,
    says: ["does not answer"],
  },
  {
    // It explains nothing of another host.
    check: "etcd-healthy",
    given: {
      facts: { cp2: { etcd: undefined }, cp3: cutOff("test-cp3-control-plane") },
      ...to136,
    },
    key: "hosts[1] (cp2) etcd",
    severity: Error,
    says: ["does not answer"],
  },
  {
    check: "etcd-healthy",
    given: {
      facts: {
        cp1: (facts) => ({
          etcd: {
            ...facts.etcd!,
            members: facts.etcd!.members.map((member) => ({ ...member, learner: member.name === "cp3" })),
          },
        }),
      },
    },
    key: "hosts[2] (cp3) etcd member 8e9e05c521646942",
    severity: Warning,
    says: ["is a learner", "member promote"],
  },
  {
    check: "etcd-healthy",
    given: {
      facts: {
        cp1: (facts) => ({
          etcd: {
            ...facts.etcd!,
            members: facts.etcd!.members.map((member) => (member.name === "cp3" ? { ...member, name: "" } : member)),
          },
        }),
      },
    },
    key: "hosts[2] (cp3) etcd member",
    severity: Warning,
    says: ["never started", "member remove"],
  },
  {
    check: "etcd-alarms",
    given: { facts: { cp1: etcd({ alarms: ["NOSPACE 8e9e05c521646941"] }) }, ...to136 },
    key: "etcd NOSPACE of cp2",
    severity: Error,
    says: ["takes no writes", "alarm disarm"],
  },
  {
    check: "etcd-alarms",
    given: { facts: { cp1: etcd({ alarms: ["CORRUPT 1"] }) } },
    key: "etcd CORRUPT 1",
    severity: Warning,
    says: ["differ from the others'"],
  },
  {
    check: "etcd-quota-used",
    given: { facts: { cp1: etcd({ databaseBytes: 7 * 2 ** 30, databaseInUseBytes: 2 ** 30 }) } },
    key: "hosts[0] (cp1) etcd's database",
    severity: Warning,
    says: ["at 87 % of its quota, of which 12 % are in use", "etcdctl defrag"],
    fine: { facts: { cp1: etcd({ databaseBytes: 6 * 2 ** 30 }) } },
  },
  {
    check: "control-plane-healthy",
    given: { facts: { cp2: pods("v1.35.4", false) }, ...to136 },
    key: "hosts[1] (cp2) kube-apiserver",
    severity: Error,
    says: ["is not healthy", "crictl ps -a --name kube-apiserver"],
  },
  {
    check: "control-plane-healthy",
    given: { facts: { cp2: { staticPods: [] } } },
    key: "hosts[1] (cp2) kube-scheduler",
    severity: Warning,
    says: ["has no manifest"],
  },
  {
    check: "nodes-ready",
    given: { facts: only("w2", { ready: false }), ...to136 },
    key: "hosts[4] (w2) node w2",
    severity: Error,
    says: ["is not Ready", "kubectl describe node w2"],
  },
  {
    // What comes after the release of a node, or is no part of it, does not explain its state.
    check: "nodes-ready",
    given: {
      facts: { ...only("w2", { ready: false }), w2: cutOff("test-ready", "test-labels", "test-w2-stage") },
      ...to136,
    },
    key: "hosts[4] (w2) node w2",
    severity: Error,
    says: ["is not Ready"],
  },
  {
    check: "nodes-ready",
    given: { facts: { ...only("w2", { ready: false }), w2: cutOff("test-w2-kubelet") }, ...to136 },
    key: "hosts[4] (w2) node w2",
    severity: Warning,
    says: ["is not Ready"],
  },
  {
    check: "nodes-ready",
    given: { facts: only("w2", { ready: false }) },
    key: "hosts[4] (w2) node w2",
    severity: Warning,
    says: ["is not Ready"],
  },
  {
    check: "nodes-present",
    given: { facts: only("w2", { name: "gone" }), ...to136 },
    key: "hosts[4] (w2) node w2",
    severity: Error,
    says: ["is not in the cluster", "restart the kubelet"],
    fine: { facts: only("w2", { name: "gone" }), newcomers: ["w2"] },
  },
];
