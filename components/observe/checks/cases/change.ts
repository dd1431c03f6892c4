import { apiWith, hostsWith, type HostInput } from "../../../spec/cases/case";
import { testHostKey, validConfig, type RawConfig } from "../../../spec/fixture";
import type { EtcdFacts, HostFacts } from "../../facts";
import { Severity } from "../check";
import { pods, replaced, to136, type Case } from "./case";

const { Error, Warning } = Severity;

const hosts = () => validConfig()["hosts"] as HostInput[];
const added = (roles: string[], change: object = {}, list: object[] = hosts()) => ({
  hosts: [...list, { name: "x1", ip: "192.0.2.50", roles, hostKey: testHostKey("x1"), ...change }],
});
const etcd = (version: string) => ({
  etcdVersion: version,
  mirror: { etcdSha256: { [`${version}-amd64`]: "a".repeat(64) } },
});
const even = { skipChecks: ["etcd-odd"] };
const minor = to136.config;

const two = { ...even, ...hostsWith(2, { roles: ["control-plane"] }) };
const members =
  (change: (all: EtcdFacts["members"]) => EtcdFacts["members"]) =>
  (facts: HostFacts): Partial<HostFacts> => ({ etcd: { ...facts.etcd!, members: change(facts.etcd!.members) } });

/** What the rule refuses: the change from a configuration, by default the valid one, to another. */
function refused(check: string, config: RawConfig, key: string, says: string[], fine?: RawConfig): Case {
  const given = (changed: RawConfig) => ({ config: changed, appliedConfig: {} });
  return { check, given: given(config), key, severity: Error, says, ...(fine && { fine: given(fine) }) };
}

export const changeCases: Case[] = [
  refused("kubernetes-way", { kubernetesVersion: "v1.34.4" }, "kubernetesVersion v1.34.4", ["runs v1.35.4"], minor),
  refused("etcd-way", etcd("3.6.8"), "etcdVersion 3.6.8", ["older etcd"], etcd("3.6.17")),
  refused("containerd-way", { containerdVersion: "2.1.0" }, "containerdVersion 2.1.0", ["2.2.9 or newer"], {
    containerdVersion: "2.3.4",
  }),
  refused("cluster-name-kept", { clusterName: "other" }, "clusterName other", ["was test", "Set it back"]),
  refused("pod-cidr-kept", { network: { podCidr: "10.201.0.0/16" } }, "network.podCidr", ["was 10.200.0.0/16"]),
  refused("service-cidr-kept", { network: { serviceCidr: "10.33.0.0/16" } }, "network.serviceCidr", [
    "was 10.32.0.0/16",
  ]),
  refused("dns-domain-kept", { network: { dnsDomain: "k8s.local" } }, "network.dnsDomain", ["was cluster.local"]),
  refused("network-plugin-kept", { network: { plugin: "none" } }, "network.plugin none", ["was flannel"]),
  refused("endpoint-kept", apiWith({ vip: "192.0.2.9" }), "api.vip 192.0.2.9", ["was 192.0.2.10"], apiWith({})),
  refused("etcd-data-dir-kept", { etcd: { dataDir: "/srv/etcd" } }, "etcd.dataDir /srv/etcd", ["every member"]),
  refused("host-addresses-kept", hostsWith(1, { ip: "192.0.2.99" }), "hosts[1].ip 192.0.2.99", ["was 192.0.2.12"]),
  refused("leave-one-by-one", replaced(0, 1), "hosts: this update removes", ["cp1 and cp2 at once"], replaced(0)),
  refused("roles-kept", { ...even, ...hostsWith(0, { roles: ["control-plane"] }) }, "hosts[0].roles", [
    "gives up no role",
  ]),
  refused(
    "machines-keep-names",
    hostsWith(4, { name: "w9" }),
    "hosts[4].name w9",
    ["is the machine that was w2"],
    replaced(4),
  ),
  refused("rest-of-a-part", added(["worker"], { state: "maintenance" }), "hosts[5].state", ["asks x1 to rest"]),
  refused(
    "join-without-rest",
    { ...even, ...added(["etcd"], {}, hostsWith(1, { state: "maintenance" })["hosts"] as object[]) },
    "hosts[5].name x1",
    ["joins etcd while cp2 rests"],
    added(["worker"], {}, hostsWith(1, { state: "maintenance" })["hosts"] as object[]),
  ),
  refused(
    "join-at-version",
    { ...minor, ...added(["worker"]) },
    "hosts[5].name x1",
    ["while the cluster still runs v1.35.4"],
    added(["worker"]),
  ),
  refused(
    "rest-at-version",
    { ...minor, ...hostsWith(1, { state: "maintenance" }) },
    "hosts[1].state",
    ["leaves cp2 behind"],
    { ...minor, ...hostsWith(3, { state: "maintenance" }) },
  ),
  {
    check: "etcd-spares-one",
    given: { config: { ...two, ...minor }, appliedConfig: two },
    key: "kubernetesVersion v1.36.3",
    severity: Error,
    says: ["while etcd has 2 members", "until etcd has 3 members, or 1"],
    fine: { config: { ...two, containerdVersion: "2.3.4" }, appliedConfig: two },
  },
  {
    check: "etcd-spares-one",
    given: { config: { ...hostsWith(2, { state: "lost" }), ...etcd("3.6.17") }, appliedConfig: {} },
    key: "etcdVersion 3.6.17",
    severity: Error,
    says: ["in the update that takes etcd to 2 members"],
    fine: { config: hostsWith(2, { state: "lost" }), appliedConfig: {} },
  },
  {
    // Somebody took a member off by hand.
    check: "etcd-spares-one",
    given: { ...to136, facts: { cp1: members((all) => all.slice(1)) } },
    key: "kubernetesVersion v1.36.3",
    severity: Error,
    says: ["while etcd has 2 members"],
    fine: { facts: { cp1: members((all) => all.slice(1)) } },
  },
  {
    // A host that dies in the middle of an upgrade is given up, and the upgrade goes on.
    check: "etcd-spares-one",
    given: {
      config: { ...hostsWith(2, { state: "lost" }), ...minor },
      appliedConfig: {},
      facts: { cp1: pods("v1.36.3") },
    },
    key: "kubernetesVersion v1.36.3",
    severity: Warning,
    says: ["in the update that takes etcd to 2 members"],
  },
];
