import { validConfig, type RawConfig } from "../fixture";
import { hostsOf, hostsWith, type Case, type HostInput } from "./case";

const both = ["control-plane", "etcd"];
const etcdAlone = (count: number) => Array<string[]>(count).fill(["etcd"]);
const threePlanes = Array<string[]>(3).fill(["control-plane"]);

const etcdCount = "etcd has 1, 3, 5 or 7 members, or 4 or 6 on the way down";
const maintenance =
  "one control plane and one etcd member at a time is in maintenance, and the others go on without it";
const resting = (states: Record<number, string>, config: RawConfig) => ({
  hosts: (config["hosts"] as HostInput[]).map((host, index) => ({ ...host, state: states[index] ?? "active" })),
});
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
    refused: resting({ 1: "lost" }, hostsOf(both, both, both, both)),
    key: "hosts",
    says: ["4 etcd members", "or take h1 off the list, which is lost"],
    accepted: resting({ 1: "lost" }, validConfig()),
  },
  {
    sentence: etcdCount,
    refused: hostsOf(both, both, both, both),
    membersBefore: 3,
    key: "hosts",
    says: ["4 etcd members"],
  },
  {
    sentence: etcdCount,
    refused: hostsOf(...threePlanes, ...etcdAlone(2)),
    membersBefore: 3,
    key: "hosts",
    says: [
      "2 etcd members tolerate no more failures than 1",
      "Add another host in the place of the one that leaves",
      "a dead one with `state: lost`",
    ],
    accepted: resting({ 4: "lost" }, hostsOf(...threePlanes, ...etcdAlone(3))),
  },
  {
    sentence: etcdCount,
    refused: { ...hostsOf(both, both), allowNonHa: true },
    membersBefore: 2,
    key: "hosts",
    says: ["Give the role etcd to 1 or 3 hosts"],
    accepted: { ...hostsOf(both), allowNonHa: true },
  },
  {
    sentence: maintenance,
    refused: resting({ 0: "maintenance", 2: "maintenance" }, validConfig()),
    key: "hosts[2].state",
    says: ["puts cp3 out of service beside cp1", "one control plane at a time"],
    accepted: resting({ 2: "maintenance", 3: "maintenance", 4: "maintenance" }, validConfig()),
  },
  {
    sentence: maintenance,
    refused: resting({ 0: "lost", 1: "maintenance" }, validConfig()),
    key: "hosts[1].state",
    says: ["leaves 1 etcd member of 2, and the cluster needs 2", "Keep cp2 in service"],
  },
  {
    sentence: "a host is a control plane",
    refused: resting({ 0: "lost", 1: "lost", 2: "lost" }, validConfig()),
    key: "hosts",
    says: ["every control plane is lost", "pulumi destroy"],
    accepted: resting({ 0: "lost", 1: "lost", 3: "lost", 4: "lost" }, validConfig()),
  },
  {
    sentence: "a host is an etcd member",
    refused: resting({ 3: "lost" }, hostsOf(...threePlanes, ["etcd"])),
    key: "hosts",
    says: ["every etcd member is lost"],
  },
  {
    sentence: "a host is an etcd member",
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
    sentence: "a host is a control plane",
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
    sentence: "a host is a control plane",
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

export const topologyWarningCases: Case[] = [
  {
    sentence: "etcd does not stay at an even number of members",
    refused: hostsOf(both, both, both, both),
    membersBefore: 5,
    key: "hosts",
    says: ["4 etcd members tolerate no more failures than 3", "Take off one more in the next update"],
    accepted: hostsOf(both, both, both),
  },
];
