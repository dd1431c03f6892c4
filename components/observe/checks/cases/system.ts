import { Silence } from "../../facts";
import { Severity } from "../check";
import type { Case } from "./case";

const { Error, Warning } = Severity;

const GIB = 2 ** 30;
const v134 = { kubernetesVersion: "v1.34.4" };
const v136 = { kubernetesVersion: "v1.36.3" };
const one = { facts: { w1: { swap: ["/dev/sda2"] } } };
const disk = (path: string, device: string, freeGib: number, freeInodes = 5_000_000) => ({
  path,
  device,
  sizeBytes: 100 * GIB,
  freeBytes: freeGib * GIB,
  freeInodes,
});

export const reachCases: Case[] = [
  {
    check: "reachable",
    given: { bare: true, silent: { cp2: [Silence.Unreachable, "connect ETIMEDOUT"] } },
    key: "hosts[1] (cp2) 192.0.2.12",
    severity: Error,
    says: ["cannot be reached over SSH (connect ETIMEDOUT)", "take it off the list"],
  },
  {
    check: "reachable",
    given: { silent: { w2: [Silence.Unreachable, ""] } },
    key: "hosts[4] (w2) 192.0.2.22",
    severity: Warning,
    says: ["cannot be reached over SSH. Start the host"],
  },
  {
    check: "reachable",
    given: { silent: { w2: [Silence.Unreachable, ""] }, appliedConfig: v134 },
    key: "hosts[4] (w2)",
    severity: Error,
    says: ["cannot be reached"],
  },
  {
    check: "host-key",
    given: { silent: { w2: [Silence.HostKey, "SHA256:aaa instead of SHA256:bbb"] } },
    key: "hosts[4] (w2)",
    severity: Error,
    says: ["another SSH host key", "SHA256:aaa instead of SHA256:bbb", "console"],
  },
  {
    check: "authentication",
    given: { silent: { w2: [Silence.Authentication, ""] } },
    key: "hosts[4] (w2)",
    severity: Error,
    says: ["does not accept our SSH key", "authorized_keys"],
  },
  {
    check: "root",
    given: { silent: { w2: [Silence.NotRoot, ""] } },
    key: "hosts[4] (w2)",
    severity: Error,
    says: ["not as root", "sudo -n true"],
  },
  {
    check: "facts",
    given: { bare: true, silent: { w2: [Silence.Broken, "Welcome!"] } },
    key: "hosts[4] (w2)",
    severity: Error,
    says: ["Welcome!", "profile must print nothing"],
  },
];

export const systemCases: Case[] = [
  {
    check: "architecture",
    given: { bare: true, facts: { w1: { architecture: "riscv64" } } },
    key: "hosts[3] (w1) riscv64",
    severity: Error,
    says: ["only x86_64 and aarch64", "off the list"],
    fine: { bare: true, facts: { w1: { architecture: "aarch64" } } },
  },
  {
    check: "architecture",
    given: { bare: true, facts: { cp1: { architecture: "aarch64" } } },
    key: "hosts[0] (cp1) aarch64",
    severity: Error,
    says: ["3.6.16-arm64", "mirror.etcdSha256 has no checksum", 'Add "3.6.16-arm64"'],
    fine: {
      bare: true,
      facts: { cp1: { architecture: "aarch64" } },
      config: { mirror: { etcdSha256: { "3.6.16-amd64": "a".repeat(64), "3.6.16-arm64": "b".repeat(64) } } },
    },
  },
  {
    check: "architecture-mixed",
    given: { newcomers: ["w2"], facts: { w2: { architecture: "aarch64" } } },
    key: "hosts[4] (w2) aarch64",
    severity: Warning,
    says: ["not the x86_64 of cp1", "Check the images"],
    fine: { facts: { w2: { architecture: "aarch64" } } },
  },
  {
    check: "debian",
    given: { bare: true, facts: { w1: (facts) => ({ apt: false, os: { ...facts.os, title: "Fedora 44" } }) } },
    key: "hosts[3] (w1) Fedora 44",
    severity: Error,
    says: ["has no apt-get", "Debian 12 or 13"],
  },
  {
    check: "debian",
    given: {
      bare: true,
      facts: { w1: { os: { id: "ubuntu", version: "26.04", title: "Ubuntu 26.04 LTS", codename: "x" } } },
    },
    key: "hosts[3] (w1) Ubuntu 26.04 LTS",
    severity: Warning,
    says: ["not what the program is tested on"],
    fine: { bare: true, facts: { w1: (facts) => ({ os: { ...facts.os, version: "12" } }) } },
  },
  {
    check: "debian",
    given: { bare: true, facts: { w1: (facts) => ({ os: { ...facts.os, version: "11", title: "Debian 11" } }) } },
    key: "hosts[3] (w1) Debian 11",
    severity: Warning,
    says: ["not what the program is tested on"],
    fine: { bare: true, facts: { w1: (facts) => ({ os: { ...facts.os, version: "" } }) } },
  },
  {
    check: "systemd",
    given: { bare: true, facts: { w1: { systemd: false } } },
    key: "hosts[3] (w1)",
    severity: Error,
    says: ["does not run systemd"],
  },
  {
    check: "kernel",
    given: { bare: true, facts: { w1: { kernel: "5.10.0-32-amd64" } } },
    key: "hosts[3] (w1) 5.10.0-32-amd64",
    severity: Error,
    says: ["older than 5.13.0", "nftables", "kubeProxy.mode: iptables"],
    fine: { bare: true, facts: { w1: { kernel: "5.10.0-32-amd64" } }, config: { kubeProxy: { mode: "iptables" } } },
  },
  {
    check: "kernel",
    given: { bare: true, facts: { w1: { kernel: "4.19.0-27-amd64" } }, config: { kubeProxy: { mode: "iptables" } } },
    key: "hosts[3] (w1) 4.19.0-27-amd64",
    severity: Warning,
    says: ["older than 5.4.0"],
  },
  {
    check: "cgroup",
    given: { bare: true, facts: { w1: { cgroup: 1 } } },
    key: "hosts[3] (w1) /sys/fs/cgroup",
    severity: Error,
    says: ["is cgroup v1, and the kubelet does not start", "kubelet.failCgroupV1: false"],
    fine: { bare: true, facts: { w1: { cgroup: 1 } }, config: { kubelet: { failCgroupV1: false } } },
  },
  {
    check: "cgroup",
    given: { bare: true, facts: { w1: { cgroup: 1 } }, config: v134 },
    key: "hosts[3] (w1) /sys/fs/cgroup",
    severity: Warning,
    says: ["of 1.35 will not start"],
  },
  {
    check: "cgroup",
    given: { bare: true, facts: { w1: { cgroup: 0 } }, config: v134 },
    key: "hosts[3] (w1) /sys/fs/cgroup",
    severity: Error,
    says: ["no cgroup at all"],
  },
  {
    check: "swap-off",
    given: { bare: true, ...one },
    key: "hosts[3] (w1) /dev/sda2",
    severity: Error,
    says: ["in use as swap", "swapoff -a", "/etc/fstab", "kubelet.failSwapOn: false"],
    fine: { bare: true, ...one, config: { kubelet: { failSwapOn: false } } },
  },
  { check: "swap-off", given: one, key: "hosts[3] (w1) /dev/sda2", severity: Warning, says: ["in use as swap"] },
  {
    check: "swap-off",
    given: { ...one, config: v136, appliedConfig: {} },
    key: "hosts[3] (w1) /dev/sda2",
    severity: Error,
    says: ["in use as swap"],
  },
  {
    check: "selinux",
    given: { bare: true, facts: { w1: { selinux: "enforcing" } } },
    key: "hosts[3] (w1) SELinux",
    severity: Warning,
    says: ["enforces", "permissive"],
    fine: { bare: true, facts: { w1: { selinux: "permissive" } } },
  },
];

const ignoring = (...names: string[]) => ({ kubeadm: { ignorePreflightErrors: names } });

export const resourceCases: Case[] = [
  {
    check: "cpus",
    given: { bare: true, facts: { cp1: { cpus: 1 } } },
    key: "hosts[0] (cp1) 1 processor",
    severity: Error,
    says: ["too few for a control plane", "NumCPU"],
    fine: { bare: true, facts: { cp1: { cpus: 1 } }, config: ignoring("numcpu") },
  },
  {
    check: "cpus",
    given: { facts: { cp1: { cpus: 1 } } },
    key: "hosts[0] (cp1) 1 processor",
    severity: Warning,
    says: ["too few"],
    fine: { bare: true, facts: { w1: { cpus: 1 } } },
  },
  {
    check: "memory",
    given: { bare: true, facts: { cp1: { memoryBytes: 1.5 * GIB } } },
    key: "hosts[0] (cp1) 1536 MiB",
    severity: Error,
    says: ["too little memory", "Mem in kubeadm.ignorePreflightErrors"],
    fine: { bare: true, facts: { cp1: { memoryBytes: 1.5 * GIB } }, config: ignoring("Mem") },
  },
  {
    check: "memory",
    given: { bare: true, facts: { w1: { memoryBytes: 1.5 * GIB } } },
    key: "hosts[3] (w1) 1536 MiB",
    severity: Warning,
    says: ["less memory than the 2 GB"],
    fine: { bare: true, facts: { w1: { memoryBytes: 1.9 * GIB } } },
  },
  {
    check: "disk-space",
    given: { bare: true, facts: { cp1: { disks: [disk("/var/lib/containerd", "/dev/vda1", 2)] } } },
    key: "hosts[0] (cp1) /var/lib/containerd",
    severity: Error,
    says: ["has 2.0 GiB free, and images and containers need 3.0 GiB", "Free space"],
    fine: { bare: true, facts: { cp1: { disks: [disk("/var/lib/containerd", "/dev/vda1", 20)] } } },
  },
  {
    check: "disk-space",
    given: {
      bare: true,
      facts: {
        cp1: {
          disks: ["/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd-kubernetes"].map((path) =>
            disk(path, "/dev/vda1", 4.5),
          ),
        },
      },
    },
    key: "hosts[0] (cp1) /var/lib/containerd",
    severity: Error,
    says: ["images and containers, pods, etcd need 5.0 GiB"],
  },
  {
    check: "disk-space",
    given: { facts: { w1: { disks: [disk("/var/lib/containerd", "/dev/vda1", 14)] } } },
    key: "hosts[3] (w1) /var/lib/containerd",
    severity: Warning,
    says: ["has 14.0 GiB of 100.0 GiB free, and below 15 % the kubelet", "kubelet.evictionHard"],
    fine: {
      facts: { w1: { disks: [disk("/var/lib/containerd", "/dev/vda1", 14)] } },
      config: { kubelet: { evictionHard: { "memory.available": "100Mi" } } },
    },
  },
  {
    check: "disk-inodes",
    given: { bare: true, facts: { w1: { disks: [disk("/var/lib/containerd", "/dev/vda1", 60, 1000)] } } },
    key: "hosts[3] (w1) /var/lib/containerd",
    severity: Error,
    says: ["has 1000 free inodes", "more inodes"],
    fine: { bare: true, facts: { w1: { disks: [disk("/var/lib/containerd", "/dev/vda1", 60, 0)] } } },
  },
];
