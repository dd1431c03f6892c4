import type { RawConfig } from "../fixture";
import { apiWith, hostsWith, type Case } from "./case";

const held = "the VIP can be held by a host";
const ports = "the API's ports are free on control planes";
const subnet = "control planes are in the VIP's subnet";

/** An endpoint by load balancer. */
function balanced(host: string): RawConfig {
  return { api: { by: "load-balancer", loadBalancer: { host } } };
}

export const apiCases: Case[] = [
  {
    sentence: held,
    refused: apiWith({ vip: "192.0.2.0" }),
    key: "api.vip",
    says: ["network address of 192.0.2.0/24", "free address"],
  },
  {
    sentence: held,
    refused: apiWith({ vip: "192.0.2.255" }),
    key: "api.vip",
    says: ["broadcast address of 192.0.2.0/24", "free address"],
  },
  {
    sentence: held,
    refused: apiWith({ vip: "192.0.2.63", vipPrefix: 26 }),
    key: "api.vip",
    says: ["broadcast address of 192.0.2.0/26"],
    accepted: apiWith({ vip: "192.0.2.62", vipPrefix: 26 }),
  },
  { sentence: held, refused: apiWith({ vip: "127.0.0.2" }), key: "api.vip", says: ["loopback"] },
  {
    sentence: "the VIP is no host's own address",
    refused: apiWith({ vip: "192.0.2.12" }),
    key: "api.vip",
    says: ["192.0.2.12", "address of cp2", "no host has"],
  },
  {
    sentence: "the VIP is no host's own address",
    refused: hostsWith(3, { sshHost: "192.0.2.10" }),
    key: "api.vip",
    says: ["address of w1"],
  },
  {
    sentence: subnet,
    refused: apiWith({ vip: "198.51.100.10" }),
    key: "hosts[0].ip",
    says: ["outside 198.51.100.0/24", "cp1 cannot hold the VIP", "api.vipPrefix"],
  },
  {
    sentence: subnet,
    refused: hostsWith(2, { ip: "192.0.3.13" }),
    key: "hosts[2].ip",
    says: ["outside 192.0.2.0/24"],
    accepted: { ...hostsWith(2, { ip: "192.0.3.13" }), ...apiWith({ vipPrefix: 23 }) },
  },
  {
    sentence: subnet,
    refused: apiWith({ vipPrefix: 30 }),
    key: "hosts[1].ip",
    says: ["outside 192.0.2.8/30"],
    accepted: hostsWith(3, { ip: "198.51.100.21" }),
  },
  {
    sentence: "no host has the subnet's network or broadcast address",
    refused: hostsWith(3, { ip: "192.0.2.255" }),
    key: "hosts[3].ip",
    says: ["broadcast address of 192.0.2.0/24", "host's interface"],
    accepted: hostsWith(3, { ip: "192.0.2.254" }),
  },
  {
    sentence: "only hosts that may hold the VIP have an interface for it",
    refused: hostsWith(3, { vipInterface: "vlan20" }),
    key: "hosts[3].vipInterface",
    says: ["w1 is no control plane", "Remove it"],
    accepted: hostsWith(0, { vipInterface: "vlan20" }),
  },
  {
    sentence: "only hosts that may hold the VIP have an interface for it",
    refused: { ...hostsWith(0, { vipInterface: "vlan20" }), ...balanced("api.example") },
    key: "hosts[0].vipInterface",
    says: ["there is no VIP"],
  },
  {
    sentence: "the load balancer is none of the hosts",
    refused: balanced("192.0.2.11"),
    key: "api.loadBalancer.host",
    says: ["is cp1", "your load balancer answers at"],
    accepted: balanced("192.0.2.9"),
  },
  {
    sentence: "HAProxy and the API server listen on different ports",
    refused: apiWith({ port: 6443 }),
    key: "api.port",
    says: ["equals api.bindPort", "8443 for api.port"],
    accepted: apiWith({ port: 6443, bindPort: 7443 }),
  },
  { sentence: ports, refused: apiWith({ port: 2379 }), key: "api.port", says: ["etcd's clients", "Use 8443"] },
  { sentence: ports, refused: apiWith({ port: 9444 }), key: "api.port", says: ["health page"] },
  { sentence: ports, refused: apiWith({ port: 9445 }), key: "api.port", says: ["etcd member"] },
  { sentence: ports, refused: apiWith({ bindPort: 10250 }), key: "api.bindPort", says: ["the kubelet", "Use 6443"] },
  {
    sentence: ports,
    refused: apiWith({ port: 22 }),
    key: "api.port",
    says: ["sshd"],
    accepted: { ...apiWith({ port: 22 }), ssh: { port: 2222, agent: true } },
  },
  {
    sentence: ports,
    refused: apiWith({ port: 30443 }),
    key: "api.port",
    says: ["NodePort", "below 30000"],
    accepted: apiWith({ port: 443 }),
  },
  {
    sentence: "SANs are named once",
    refused: apiWith({ dnsName: "api.example", extraSans: ["api.example"] }),
    key: "api.extraSans[0]",
    says: ["already a name", "Remove it"],
  },
  {
    sentence: "SANs are named once",
    refused: apiWith({ extraSans: ["a.example", "a.example"] }),
    key: "api.extraSans[1]",
    says: ["already"],
    accepted: apiWith({ extraSans: ["a.example", "198.51.100.7"] }),
  },
];
