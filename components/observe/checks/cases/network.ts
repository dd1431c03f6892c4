import { hostsWith } from "../../../spec/cases/case";
import type { HostFacts } from "../../facts";
import { Severity } from "../check";
import { eth0, type Case, type Change } from "./case";

const { Error, Warning } = Severity;

const listener = (port: number, address: string, process: string) => ({ listeners: [{ port, address, process }] });
const route = (destination: string, name: string) => ({
  routes: [
    { destination: "default", interface: "eth0" },
    { destination, interface: name },
  ],
});

/** The first control plane is to carry the VIP on an interface of its own. */
const named = { bare: true as const, config: hostsWith(0, { vipInterface: "vlan7" }) };
/** Down without addresses given. */
const vlan =
  (addresses?: HostFacts["interfaces"][number]["addresses"]): Change =>
  ({ interfaces }) => ({
    interfaces: [...interfaces, { name: "vlan7", mac: "", up: addresses !== undefined, addresses: addresses ?? [] }],
  });

export const networkCases: Case[] = [
  {
    check: "ip-on-host",
    given: { bare: true, facts: { w1: eth0("10.0.0.5", 24) } },
    key: "hosts[3].ip 192.0.2.21 (w1)",
    severity: Error,
    says: ["on no interface of the host, which has 10.0.0.5/24 on eth0", "own interface"],
  },
  {
    check: "ip-on-host",
    given: {
      bare: true,
      facts: {
        w1: (facts) => ({ interfaces: [...facts.interfaces, { ...facts.interfaces[1]!, name: "eth1" }] }),
      },
    },
    key: "hosts[3].ip 192.0.2.21 (w1)",
    severity: Error,
    says: ["eth0 and eth1", "one of them"],
  },
  {
    check: "ip-on-host",
    given: { bare: true, facts: { w1: eth0("192.0.2.21", 24, false) } },
    key: "hosts[3].ip 192.0.2.21 (w1)",
    severity: Error,
    says: ["eth0, which is down", "ip link set eth0 up"],
  },
  {
    check: "default-route",
    given: { bare: true, facts: { w1: { routes: [{ destination: "192.0.2.0/24", interface: "eth0" }] } } },
    key: "hosts[3] (w1)",
    severity: Error,
    says: ["neither a default route nor one to 10.32.0.0/16", "ip route add default"],
    fine: { bare: true, facts: { w1: { routes: [{ destination: "10.0.0.0/8", interface: "eth0" }] } } },
  },
  {
    check: "vip-on-link",
    given: { bare: true, facts: { cp2: eth0("192.0.2.12", 30) } },
    key: "hosts[1].ip 192.0.2.12 (cp2)",
    severity: Error,
    says: ["is in 192.0.2.12/30 on eth0", "prefix length of the interface"],
    fine: { bare: true, facts: { cp2: eth0("192.0.2.12", 29) } },
  },
  {
    check: "vip-on-link",
    given: { ...named, facts: { cp1: vlan() } },
    key: "hosts[0].vipInterface vlan7",
    severity: Error,
    says: ["is down on cp1"],
    fine: { ...named, facts: { cp1: vlan([]) } },
  },
  {
    check: "vip-on-link",
    given: { ...named, facts: { cp1: eth0("192.0.2.11", 24) } },
    key: "hosts[0].vipInterface vlan7",
    severity: Error,
    says: ["is no interface of cp1", "it has eth0"],
    // It holds the VIP, and other single addresses: of its subnet nothing is known.
    fine: {
      ...named,
      facts: {
        cp1: vlan([
          { address: "192.0.2.10", prefix: 24 },
          { address: "198.51.100.9", prefix: 32 },
        ]),
      },
    },
  },
  {
    check: "vip-on-link",
    given: {
      ...named,
      facts: {
        cp1: vlan([
          { address: "198.51.100.9", prefix: 24 },
          { address: "192.0.2.10", prefix: 24 },
        ]),
      },
    },
    key: "hosts[0].vipInterface vlan7",
    severity: Error,
    says: ["is in 198.51.100.0/24 on cp1, and api.vip 192.0.2.10 is not", "Name the interface"],
    fine: {
      ...named,
      facts: {
        cp1: vlan([
          { address: "198.51.100.9", prefix: 24 },
          { address: "192.0.2.9", prefix: 28 },
        ]),
      },
    },
  },
  {
    check: "routes-apart",
    given: { bare: true, facts: { w1: route("10.200.4.0/24", "eth1") } },
    key: "hosts[3] (w1) 10.200.4.0/24",
    severity: Error,
    says: ["route by eth1 into network.podCidr 10.200.0.0/16", "another network.podCidr"],
    fine: { facts: { w1: route("10.200.4.0/24", "flannel.1") } },
  },
  {
    check: "routes-apart",
    given: { bare: true, facts: { w1: route("10.32.7.7", "eth1") } },
    key: "hosts[3] (w1) 10.32.7.7",
    severity: Error,
    says: ["into network.serviceCidr 10.32.0.0/16"],
    fine: { bare: true, facts: { w1: route("172.17.0.0/16", "docker0") } },
  },
  {
    check: "routes-apart",
    given: { bare: true, facts: { w1: route("10.0.0.0/8", "eth1") } },
    key: "hosts[3] (w1) 10.0.0.0/8",
    severity: Warning,
    says: ["holds all of network.podCidr"],
    fine: { facts: { w1: route("10.0.0.0/8", "eth1") } },
  },
  {
    check: "routes-apart",
    given: { facts: { w1: route("10.200.4.0/24", "cilium_host") } },
    key: "hosts[3] (w1) 10.200.4.0/24",
    severity: Warning,
    says: ["cilium_host"],
    fine: { facts: { w1: route("10.200.4.0/24", "cilium_host") }, config: { network: { plugin: "none" } } },
  },
];

export const portCases: Case[] = [
  {
    check: "ports-free",
    given: { bare: true, facts: { cp1: listener(6443, "0.0.0.0", "nginx") } },
    key: "hosts[0] (cp1) 0.0.0.0:6443",
    severity: Error,
    says: ["held by nginx, and kube-apiserver needs it", "Stop nginx", "sport = :6443"],
    fine: { bare: true, facts: { w1: listener(6443, "0.0.0.0", "nginx") } },
  },
  {
    check: "ports-free",
    given: { bare: true, facts: { cp1: listener(8443, "*", "java") } },
    key: "hosts[0] (cp1) *:8443",
    severity: Error,
    says: ["held by java, and haproxy needs it"],
    fine: { bare: true, facts: { cp1: listener(8443, "192.0.2.11", "java") } },
  },
  {
    check: "ports-free",
    given: { bare: true, facts: { cp1: listener(2379, "127.0.0.1", "etcd") } },
    key: "hosts[0] (cp1) 127.0.0.1:2379",
    severity: Error,
    says: ["held by etcd, and etcd needs it"],
    fine: { facts: { cp1: listener(2379, "127.0.0.1", "etcd") } },
  },
  {
    check: "ports-free",
    given: { facts: { cp1: listener(10257, "127.0.0.1", "python3") } },
    key: "hosts[0] (cp1) 127.0.0.1:10257",
    severity: Warning,
    says: ["kube-controller-manager needs it"],
    fine: { facts: { cp1: listener(10257, "127.0.0.1", "kube-controller") } },
  },
  {
    check: "ports-free",
    given: { bare: true, facts: { w1: listener(10250, "::", "") } },
    key: "hosts[3] (w1) :::10250",
    severity: Error,
    says: ["a process that cannot be told"],
    fine: { facts: { w1: listener(10250, "::", "") } },
  },
];

const probes = (result: "timeout" | "refused" | "unreachable") => ({
  probes: [
    { target: "192.0.2.12:2379", result },
    { target: "192.0.2.13:2379", result },
    { target: "192.0.2.12:6443", result: "open" as const },
  ],
});

export const pathCases: Case[] = [
  {
    check: "ways-open",
    given: { bare: true, facts: { cp1: probes("timeout") } },
    key: "hosts[0] (cp1) → cp2, cp3 port 2379",
    severity: Error,
    says: ["does not get there (no answer)", "Let TCP 2379 through from 192.0.2.11"],
    fine: { bare: true, facts: { cp1: probes("refused") } },
  },
  {
    check: "ways-open",
    given: { facts: { cp1: probes("unreachable") } },
    key: "hosts[0] (cp1) → cp2, cp3 port 2379",
    severity: Warning,
    says: ["no route"],
  },
  {
    check: "ways-open",
    given: { lost: true, facts: { cp1: probes("timeout") } },
    key: "hosts[0] (cp1) → cp2, cp3 port 2379",
    severity: Warning,
    says: ["no answer"],
  },
  {
    check: "ways-open",
    given: { lost: true, facts: { cp1: { ...probes("timeout"), registered: undefined } } },
    key: "hosts[0] (cp1) → cp2, cp3 port 2379",
    severity: Error,
    says: ["no answer"],
  },
  {
    check: "firewall",
    given: { bare: true, facts: { cp1: { firewalls: ["firewalld"] } } },
    key: "hosts[0] (cp1) firewalld",
    severity: Warning,
    says: ["TCP 2379, 2380, 6443, 8443, 9445, 10250, 10256", "112", "8472", "systemctl disable --now firewalld"],
  },
];

export const softwareCases: Case[] = [
  {
    check: "runtime-free",
    given: { bare: true, facts: { w1: { packages: { "docker.io": "28.1" } } } },
    key: "hosts[3] (w1) docker.io",
    severity: Error,
    says: ["installing containerd.io removes it", "apt-get remove docker.io"],
    fine: { bare: true, facts: { w1: { packages: { "containerd.io": "2.2.9-1" } } } },
  },
  {
    check: "runtime-free",
    given: { bare: true, facts: { w1: { packages: { "cri-o": "1.35" } } } },
    key: "hosts[3] (w1) cri-o",
    severity: Warning,
    says: ["share the node"],
  },
  {
    check: "packages-available",
    given: { appliedConfig: { kubernetesVersion: "v1.34.4" }, facts: { w1: { unavailable: ["kubelet=1.35.4-*"] } } },
    key: "hosts[3] (w1) kubelet=1.35.4-*",
    severity: Error,
    says: ["in none of the package sources", "apt-cache madison kubelet", "1.35.4-*"],
  },
  {
    check: "package-sources",
    given: { bare: true, facts: { w1: { sourcesError: "Could not connect to mirror.example:80" } } },
    key: "hosts[3] (w1) package sources",
    severity: Warning,
    says: ["could not be asked: Could not connect", "mirror.apt"],
  },
];
