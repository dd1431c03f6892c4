import { UNFINISHED } from "../../../host/commands";
import { hostsWith } from "../../../spec/cases/case";
import { Severity } from "../check";
import { etcd, only, pods, replaced, to136, type Case, type Change } from "./case";

const { Error, Warning } = Severity;

const cutOff = (...resources: string[]) => ({
  commands: resources.map((resource) => ({ resource, input: UNFINISHED, repair: "" })),
});
const everyPlane = (change: Change) => ({ cp1: change, cp2: change, cp3: change });
const noApi = everyPlane({ cluster: undefined });
const noList = everyPlane(etcd({ members: [] }));

export const healthCases: Case[] = [
  {
    check: "api-answers",
    given: { facts: noApi, ...to136 },
    key: "api: gave no list of the nodes",
    severity: Error,
    says: ["asked on cp1, cp2, cp3", "get nodes"],
    fine: { facts: { cp1: { cluster: undefined }, cp2: { cluster: undefined } }, ...to136 },
  },
  {
    check: "api-answers",
    given: { facts: noApi, config: replaced(4), appliedConfig: {} },
    key: "api: ",
    severity: Error,
    says: ["nobody knows whether they are Ready"],
  },
  {
    check: "api-answers",
    given: { facts: noApi, config: hostsWith(3, { state: "maintenance" }), appliedConfig: {} },
    key: "api: ",
    severity: Error,
    says: ["nobody knows whether they are Ready"],
  },
  {
    check: "api-answers",
    given: { facts: noApi },
    key: "api: ",
    severity: Warning,
    says: ["nobody knows whether they are Ready"],
    // A first update that was cut off.
    fine: { facts: noApi, newcomers: ["cp1", "cp2", "cp3", "w1", "w2"] },
  },
  {
    check: "etcd-members-seen",
    given: { facts: noList, ...to136 },
    key: "etcd: gave no list of its members",
    severity: Error,
    says: ["asked on cp1, cp2, cp3", "etcdctl member list"],
    fine: { facts: { cp1: etcd({ members: [] }), cp2: { etcd: undefined } }, ...to136 },
  },
  {
    check: "etcd-members-seen",
    given: { facts: noList },
    key: "etcd: ",
    severity: Warning,
    says: ["nobody knows who counts for quorum"],
    fine: { facts: everyPlane({ etcd: undefined }) },
  },
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
    says: ["differ from the others'", "Find out which member's"],
  },
  {
    check: "etcd-alarms",
    given: { facts: { cp1: etcd({ alarms: ["CORRUPT 8e9e05c521646941"] }) } },
    key: "etcd CORRUPT of cp2",
    severity: Warning,
    says: ["joins again with the others' data"],
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
  {
    // An API that knows no node at all has answered.
    check: "nodes-present",
    given: { facts: { cp1: ({ cluster }) => ({ cluster: { ...cluster!, nodes: [] } }) } },
    key: "hosts[0] (cp1) node cp1",
    severity: Warning,
    says: ["is not in the cluster"],
  },
];
