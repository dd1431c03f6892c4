import { testHostKey } from "../fixture";
import { hostsWith, type Case } from "./case";

const taint = { key: "dedicated", value: "db", effect: "NoSchedule" };
const addresses = "host addresses can belong to a host";

export const hostCases: Case[] = [
  {
    sentence: "host names are unique",
    refused: hostsWith(4, { name: "cp2" }),
    key: "hosts[4].name",
    says: ["cp2", "hosts[1]", "a name of its own"],
  },
  {
    sentence: "host addresses are unique",
    refused: hostsWith(4, { ip: "192.0.2.11" }),
    key: "hosts[4].ip",
    says: ["192.0.2.11", "hosts[0] (cp1)", "own interface"],
  },
  {
    sentence: "SSH addresses are unique",
    refused: hostsWith(4, { sshHost: "192.0.2.11" }),
    key: "hosts[4].sshHost",
    says: ["hosts[0] (cp1)", "leads to this host alone"],
    accepted: hostsWith(4, { sshHost: "w2.example" }),
  },
  {
    sentence: "no two hosts share an SSH host key",
    refused: hostsWith(4, { hostKey: testHostKey("cp1") }),
    key: "hosts[4].hostKey",
    says: ["hosts[0] (cp1)", "ssh-keygen -A"],
  },
  {
    sentence: "no host is named localhost",
    refused: hostsWith(4, { name: "localhost" }),
    key: "hosts[4].name",
    says: ["every machine", "a name of its own"],
  },
  {
    sentence: addresses,
    refused: hostsWith(3, { ip: "127.0.0.1" }),
    key: "hosts[3].ip",
    says: ["loopback", "other nodes reach it"],
  },
  { sentence: addresses, refused: hostsWith(3, { ip: "0.1.2.3" }), key: "hosts[3].ip", says: ["no network"] },
  { sentence: addresses, refused: hostsWith(3, { ip: "169.254.1.1" }), key: "hosts[3].ip", says: ["link-local"] },
  {
    sentence: addresses,
    refused: hostsWith(3, { ip: "239.1.2.3" }),
    key: "hosts[3].ip",
    says: ["multicast"],
    accepted: hostsWith(3, { ip: "169.253.1.1" }),
  },
  {
    sentence: "labels leave alone what the kubelet sets",
    refused: hostsWith(3, { labels: { "kubernetes.io/hostname": "x" } }),
    key: 'hosts[3].labels["kubernetes.io/hostname"]',
    says: ["set by the kubelet", "Remove it"],
    accepted: hostsWith(3, { labels: { "node-role.kubernetes.io/worker": "", zone: "a" } }),
  },
  {
    sentence: "taints leave alone what kubeadm sets",
    refused: hostsWith(0, { taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] }),
    key: "hosts[0].taints[0]",
    says: ["kubeadm's own", "Remove it", "schedulable"],
  },
  {
    sentence: "only control planes are made schedulable",
    refused: hostsWith(3, { schedulable: true }),
    key: "hosts[3].schedulable",
    says: ["w1 is no control plane", "Remove it"],
    accepted: hostsWith(0, { schedulable: true }),
  },
  {
    sentence: "a host has a taint once",
    refused: hostsWith(3, { taints: [taint, { ...taint, value: "other" }] }),
    key: "hosts[3].taints[1]",
    says: ["taints[0]", "Keep one"],
    accepted: hostsWith(3, { taints: [taint, { ...taint, effect: "NoExecute" }] }),
  },
];
