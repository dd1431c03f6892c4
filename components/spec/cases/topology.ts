import { hostsOf, hostsWith, type Case } from "./case";

const both = ["control-plane", "etcd"];
const etcdAlone = (count: number) => Array<string[]>(count).fill(["etcd"]);
const threePlanes = Array<string[]>(3).fill(["control-plane"]);

const etcdCount = "etcd has 1, 3, 5 or 7 members";
const survives = "the control plane survives the loss of a host";
const roles = "every host has a sensible set of roles";

export const topologyCases: Case[] = [
  {
    sentence: etcdCount,
    refused: hostsOf(both, both, both, ["etcd"]),
    key: "hosts",
    says: ["4 etcd members tolerate no more failures than 3", "Give the role etcd to 3 or 5 hosts"],
    accepted: hostsOf(...threePlanes, ...etcdAlone(5)),
  },
  {
    sentence: etcdCount,
    refused: hostsOf(...threePlanes),
    key: "hosts",
    says: ["no host has the role etcd", "3 hosts"],
  },
  {
    sentence: etcdCount,
    refused: hostsOf(...threePlanes, ...etcdAlone(9)),
    key: "hosts",
    says: ["9 etcd members are more than 7", "3 or 5 hosts"],
    accepted: hostsOf(...threePlanes, ...etcdAlone(7)),
  },
  {
    sentence: survives,
    refused: hostsOf(["etcd"], ["worker"]),
    key: "hosts",
    says: ["no host has the role control-plane", "three hosts"],
  },
  {
    sentence: survives,
    refused: hostsOf(both),
    key: "hosts",
    says: ["1 control plane cannot lose one", "allowNonHa: true"],
    accepted: { ...hostsOf(both), allowNonHa: true },
  },
  {
    sentence: survives,
    refused: hostsOf(both, ["control-plane"]),
    key: "hosts",
    says: ["2 control planes cannot lose one", "three hosts"],
    accepted: { ...hostsOf(both, ["control-plane"]), allowNonHa: true },
  },
  {
    sentence: survives,
    refused: { ...hostsOf(["etcd"]), allowNonHa: true },
    key: "hosts",
    says: ["no host has the role control-plane"],
  },
  {
    sentence: roles,
    refused: hostsWith(3, { roles: [] }),
    key: "hosts[3].roles",
    says: ["w1 has no role", "remove the host"],
  },
  {
    sentence: roles,
    refused: hostsWith(3, { roles: ["worker", "worker"] }),
    key: "hosts[3].roles",
    says: ["a role twice", "every role once"],
  },
  {
    sentence: roles,
    refused: hostsWith(3, { roles: ["worker", "etcd"] }),
    key: "hosts[3].roles",
    says: ["a worker and more", "[worker] alone"],
  },
  {
    sentence: roles,
    refused: hostsWith(0, { roles: ["control-plane", "etcd", "worker"] }),
    key: "hosts[0].roles",
    says: ["a worker and more", "leave worker out"],
    accepted: hostsOf(...threePlanes, ...etcdAlone(3), ["worker"]),
  },
];
