import { hostsOf, hostsWith, type HostInput } from "../../../spec/cases/case";
import { validConfig, type RawConfig } from "../../../spec/fixture";
import { Silence } from "../../facts";
import { Severity } from "../check";
import { etcd, only, pods, replaced, type Case } from "./case";
import { ENDING_CERTIFICATE } from "./certificate";

const { Error, Warning } = Severity;

const hostsIn = (config: RawConfig) => config["hosts"] as HostInput[];
const both = ["control-plane", "etcd"];
const twoMore = {
  hosts: [
    ...(validConfig()["hosts"] as object[]),
    ...(hostsOf(both, both)["hosts"] as { name: string; ip: string }[]).map((host, index) => ({
      ...host,
      ip: `192.0.2.${14 + index}`,
    })),
  ],
};
const withState = (position: number, state: string) => hostsWith(position, { state });
const five = (change: object = {}) => ({
  hosts: twoMore.hosts.map((host, index) => (index === 5 ? { ...host, ...change } : host)),
});
const away = (...names: string[]) =>
  Object.fromEntries(names.map((name): [string, [Silence, string]] => [name, [Silence.Unreachable, ""]]));

export const removalCases: Case[] = [
  {
    check: "etcd-removal",
    given: { config: replaced(1), appliedConfig: {}, facts: { cp3: etcd({ healthy: false }) } },
    key: "hosts",
    severity: Error,
    says: ["removes the etcd member cp2 while cp3 is not healthy", "Repair cp3 first"],
    fine: { config: withState(1, "lost"), appliedConfig: {} },
  },
  {
    check: "control-plane-removal",
    given: { config: replaced(0), appliedConfig: {}, facts: { cp2: pods("v1.35.4", false) } },
    key: "hosts",
    severity: Error,
    says: ["while cp2 is not healthy"],
    fine: { config: replaced(3, 4), appliedConfig: {} },
  },
  {
    check: "etcd-removal",
    given: { config: five({ state: "lost" }), appliedConfig: five(), silent: away("h1", "cp3") },
    key: "hosts",
    severity: Error,
    says: ["removes the etcd member h0 while cp3 and h1 are not healthy", "leave h0 as it was"],
    fine: { config: five({ state: "lost" }), appliedConfig: five(), silent: away("h1") },
  },
  {
    check: "etcd-removal",
    given: { config: five({ name: "h9", ip: "192.0.2.39" }), appliedConfig: five(), silent: away("h1") },
    key: "hosts",
    severity: Error,
    says: ["removes the etcd member h0 while h1 is not healthy", "where h0 is dead, say `state: lost`"],
  },
  {
    check: "control-plane-removal",
    given: {
      config: withState(0, "lost"),
      appliedConfig: {},
      facts: { cp2: pods("v1.35.4", false), cp3: pods("v1.35.4", false) },
    },
    key: "hosts",
    severity: Error,
    says: ["removes the control plane cp1 while cp2 and cp3 are not healthy"],
    fine: { config: withState(0, "lost"), appliedConfig: {}, facts: { cp2: pods("v1.35.4", false) } },
  },
  {
    // One that is new needs all others.
    check: "control-plane-removal",
    given: {
      config: { hosts: [...hostsIn(withState(0, "lost")), ...hostsIn(hostsOf(["control-plane"]))] },
      appliedConfig: {},
      facts: { cp2: pods("v1.35.4", false) },
    },
    key: "hosts",
    severity: Error,
    says: ["removes the control plane cp1 while cp2 is not healthy"],
  },
  {
    check: "leave-one-by-one-unrecorded",
    given: {
      lost: true,
      config: { hosts: hostsIn(validConfig()).filter(({ name }) => !/^cp[23]/.test(name)), allowNonHa: true },
      appliedConfig: {},
    },
    key: "hosts",
    severity: Error,
    says: ["removes the control planes cp2 and cp3 at once: 1 of 3 would be left", "run by run"],
    fine: { lost: true, config: replaced(1), appliedConfig: {} },
  },
  {
    check: "leave-one-by-one-unrecorded",
    given: { lost: true, config: {}, appliedConfig: five() },
    key: "hosts",
    severity: Error,
    says: ["removes the control planes h0 and h1 at once: 3 of 5 would be left"],
    fine: { lost: true, appliedConfig: {} },
  },
  {
    check: "etcd-removal",
    given: { lost: true, config: replaced(1), appliedConfig: {}, facts: { cp3: etcd({ healthy: false }) } },
    key: "hosts",
    severity: Error,
    says: ["removes the etcd member cp2 while cp3 is not healthy"],
    fine: { lost: true, config: replaced(1), appliedConfig: {} },
  },
  {
    check: "etcd-addition",
    given: { config: twoMore, appliedConfig: {}, silent: { cp3: [Silence.Unreachable, ""] } },
    key: "hosts",
    severity: Error,
    says: ["adds the etcd members h0 and h1 while cp3 is not healthy", "Repair cp3 first"],
    fine: { config: twoMore, appliedConfig: {} },
  },
  {
    check: "leaving-answers",
    given: { config: replaced(4), appliedConfig: {}, silent: { w2: [Silence.Unreachable, "connect ETIMEDOUT"] } },
    key: "hosts w2",
    severity: Warning,
    says: ["cannot be reached over SSH (connect ETIMEDOUT)", "nothing is removed there"],
    fine: { config: withState(4, "lost"), appliedConfig: {}, silent: { w2: [Silence.Unreachable, ""] } },
  },
];

export const strangerCases: Case[] = [
  {
    check: "etcd-members-known",
    given: {
      facts: {
        cp1: (facts) => ({
          etcd: {
            ...facts.etcd!,
            members: [
              ...facts.etcd!.members,
              { id: "abc1", name: "old", peerUrls: ["https://192.0.2.99:2380"], learner: false },
            ],
          },
        }),
      },
    },
    key: "etcd old (abc1)",
    severity: Warning,
    says: ["https://192.0.2.99:2380", "etcdctl member remove abc1"],
    fine: { config: replaced(1), appliedConfig: {} },
  },
  {
    check: "nodes-known",
    given: { facts: only("w2", { name: "stray", ip: "192.0.2.77" }) },
    key: "hosts stray",
    severity: Warning,
    says: ["192.0.2.77", "kubectl delete node stray"],
    fine: { config: replaced(4), appliedConfig: {} },
  },
  {
    check: "cordons",
    given: { facts: only("w2", { unschedulable: true }) },
    key: "hosts[4] (w2) node w2",
    severity: Warning,
    says: ["is cordoned, not by this program", "kubectl uncordon w2"],
    fine: { facts: only("w2", { unschedulable: true, cordonedByUs: true }) },
  },
  {
    check: "certificates-fresh",
    given: {
      facts: { cp1: { certificates: [{ path: "/etc/etcd/pki/peer.crt", pem: ENDING_CERTIFICATE }] } },
      now: Date.UTC(2026, 10, 1),
    },
    key: "hosts[0] (cp1) /etc/etcd/pki/peer.crt",
    severity: Warning,
    says: ["ends on 2026-12-01, in 30 days", "certificates.earlyRenewalHours"],
    fine: {
      facts: {
        cp1: {
          certificates: [
            { path: "/etc/etcd/pki/peer.crt", pem: ENDING_CERTIFICATE },
            { path: "/etc/etcd/pki/ca.crt", pem: "nonsense" },
          ],
        },
      },
      now: Date.UTC(2026, 6, 1),
    },
  },
  {
    check: "certificates-fresh",
    given: {
      facts: {
        cp1: {
          certificates: [
            { path: "/etc/etcd/pki/peer.crt", pem: ENDING_CERTIFICATE },
            { path: "/etc/etcd/pki/server.crt", pem: ENDING_CERTIFICATE },
          ],
        },
      },
      now: Date.UTC(2026, 11, 24),
    },
    key: "hosts[0] (cp1) /etc/etcd/pki/peer.crt",
    severity: Warning,
    says: ["ended on 2026-12-01, and 1 more"],
    fine: { config: { hosts: hostsWith(3, {})["hosts"] } },
  },
];
