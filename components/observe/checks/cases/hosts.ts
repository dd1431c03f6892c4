import { Severity } from "../check";
import { eth0, type Case } from "./case";
import { ENDING_CERTIFICATE as OTHER_CA } from "./certificate";

const { Error, Warning } = Severity;

const membership = { cluster: "", claimCa: "", clusterCa: "", signs: [], etcdData: false };

const kubelet = (port: number) => ({ port, address: "::", process: "kubelet" });

export const belongingCases: Case[] = [
  {
    check: "host-free",
    given: { bare: true, facts: { w1: { membership: { ...membership, cluster: "stage", claimCa: OTHER_CA } } } },
    key: "hosts[3] (w1) stage",
    severity: Error,
    says: ["is the name of the cluster that this host belongs to (CA sha256 ", "take this host off the list"],
    fine: { bare: true, facts: { w1: { membership: { ...membership, cluster: "test" } } } },
  },
  {
    check: "host-free",
    given: {
      bare: true,
      facts: { w1: { membership: { ...membership, signs: ["/etc/kubernetes/kubelet.conf"] } } },
    },
    key: "hosts[3] (w1) /etc/kubernetes/kubelet.conf",
    severity: Error,
    says: ["did not build", "kubeadm reset", "external etcd's data, /etc/cni/net.d, iptables"],
  },
  {
    // With a configuration of its own, elsewhere.
    check: "host-free",
    given: { bare: true, facts: { w1: { listeners: [kubelet(10250)] } } },
    key: "hosts[3] (w1) kubelet",
    severity: Error,
    says: ["runs, so the host is part of a cluster that this program did not build", "kubeadm reset"],
    fine: {
      bare: true,
      facts: {
        // Installed, and waiting for a configuration.
        w1: { kubelet: "v1.35.4", units: { kubelet: { active: "activating", enabled: "enabled" } } },
        w2: { listeners: [kubelet(10250)], membership: { ...membership, cluster: "test" } },
      },
    },
  },
  {
    check: "node-ca",
    given: { facts: { w1: (facts) => ({ membership: { ...facts.membership, clusterCa: OTHER_CA } }) } },
    key: "hosts[3] (w1) /etc/kubernetes/pki/ca.crt",
    severity: Error,
    says: ["the CA of another cluster (sha256 ", "kubeadm reset"],
    fine: {
      facts: {
        w1: (facts) => ({ membership: { ...facts.membership, clusterCa: `${facts.membership.clusterCa}\n` } }),
      },
    },
  },
  {
    check: "one-ca",
    given: {
      facts: { w1: (facts) => ({ membership: { ...facts.membership, claimCa: OTHER_CA, clusterCa: OTHER_CA } }) },
    },
    key: "hosts[3] (w1) test",
    severity: Error,
    says: ["with another CA (sha256 ", "than cp1"],
    fine: { facts: { w1: { membership } } },
  },
  {
    check: "etcd-data-free",
    given: { bare: true, facts: { cp2: { membership: { ...membership, etcdData: true } } } },
    key: "hosts[1] (cp2) /var/lib/etcd-kubernetes",
    severity: Error,
    says: ["holds the data of an etcd that is not this cluster's", "another etcd.dataDir"],
    fine: { bare: true, facts: { cp2: { membership: { ...membership, cluster: "test", etcdData: true } } } },
  },
];

export const identityCases: Case[] = [
  {
    check: "hostname",
    given: { bare: true, facts: { w1: { hostname: "debian" } } },
    key: "hosts[3] (w1) debian",
    severity: Warning,
    says: ["its node is named w1", "hostnamectl set-hostname w1"],
    fine: { bare: true, facts: { w1: { hostname: "w1.prod.example" } } },
  },
  {
    check: "hostname-unique",
    given: { bare: true, facts: { w1: { hostname: "w2" } } },
    key: "hosts[3] (w1) w2",
    severity: Error,
    says: ["also the host name of w2"],
    fine: { bare: true, facts: { w1: { hostname: "" }, w2: { hostname: "" } } },
  },
  {
    check: "machine-id-unique",
    given: { newcomers: ["w2"], facts: { w1: { machineId: "5".repeat(32) }, w2: { machineId: "5".repeat(32) } } },
    key: "hosts[4] (w2) 5555",
    severity: Error,
    says: ["also the machine ID of w1", "systemd-machine-id-setup"],
  },
  {
    check: "product-uuid-unique",
    given: { bare: true, facts: { w1: { productUuid: "4c4c" }, w2: { productUuid: "4c4c" } } },
    key: "hosts[3] (w1) 4c4c",
    severity: Error,
    says: ["also the product UUID of w2", "hypervisor"],
    fine: { bare: true, facts: { w1: { productUuid: "" }, w2: { productUuid: "" } } },
  },
  {
    check: "mac-unique",
    given: { bare: true, facts: { w1: eth0("192.0.2.21", 24), w2: eth0("192.0.2.22", 24) } },
    key: "hosts[3] (w1) 52:54:00:00:00:99",
    severity: Error,
    says: ["also the hardware address of w2"],
  },
];

export const clockCases: Case[] = [
  {
    check: "clock-skew",
    given: { bare: true, clockOffsets: { w1: -8400 } },
    key: "hosts[3] (w1) the clock",
    severity: Error,
    says: ["8.4 s behind this machine's", "systemd-timesyncd"],
    fine: { bare: true, clockOffsets: { w1: 900 } },
  },
  {
    check: "clock-skew",
    given: { clockOffsets: { w1: 2500 } },
    key: "hosts[3] (w1) the clock",
    severity: Warning,
    says: ["2.5 s ahead of the other hosts'", "within 1 s"],
    fine: { clockOffsets: { cp1: 2500, cp2: 2600, cp3: 2500, w1: 2500, w2: 2700 } },
  },
  {
    check: "clock-skew",
    given: { bare: true, clockOffsets: { cp1: 9000, cp2: 9000, cp3: 9000, w1: 9000, w2: 9000 } },
    key: "hosts[0] (cp1) the clock",
    severity: Error,
    says: ["9.0 s ahead", "look at this machine's clock first"],
  },
  {
    check: "clock-synchronised",
    given: { facts: { w1: (facts) => ({ clock: { ...facts.clock, synchronised: false } }) } },
    key: "hosts[3] (w1) the clock",
    severity: Warning,
    says: ["not synchronised"],
    fine: { facts: { w1: (facts) => ({ clock: { epochMs: facts.clock.epochMs } }) } },
  },
];
