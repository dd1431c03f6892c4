import { hostsOf, hostsWith, type Case, type HostInput } from "./case";

// Its fourth host runs etcd and nothing else.
function etcdAlone(kubelet: Record<string, unknown>) {
  const { hosts } = hostsOf(["control-plane"], ["control-plane"], ["control-plane"], ["etcd"]);
  return { hosts: (hosts as HostInput[]).map((host, index) => (index === 3 ? { ...host, kubelet } : host)) };
}

const containerd = (plugin: Record<string, unknown>) => ({
  containerd: { plugins: { "io.containerd.cri.v1.images": plugin } },
});
const v134 = { kubernetesVersion: "v1.34.4" };
const v136 = { kubernetesVersion: "v1.36.3" };

const kubelet = "no kubelet field is one that the program sets";
const proxy = "no kube-proxy field is one that the program sets";

export const nodeConfigCases: Case[] = [
  {
    sentence: kubelet,
    refused: { kubelet: { clusterDNS: ["10.0.0.10"] } },
    key: "kubelet.clusterDNS",
    says: ["`network`", "Remove it"],
    accepted: { kubelet: { maxPods: 200, evictionHard: { "memory.available": "100Mi" } } },
  },
  {
    sentence: kubelet,
    refused: { kubelet: { staticPodPath: "/x" } },
    key: "kubelet.staticPodPath",
    says: ["not yours"],
  },
  {
    sentence: kubelet,
    refused: { kubelet: { serverTLSBootstrap: true } },
    key: "kubelet.serverTLSBootstrap",
    says: ["logs and exec"],
  },
  {
    sentence: kubelet,
    refused: hostsWith(3, { kubelet: { clusterDNS: ["10.0.0.10"] } }),
    key: "hosts[3].kubelet.clusterDNS",
    says: ["`network`", "Remove it"],
    accepted: hostsWith(3, { kubelet: { maxPods: 250, systemReserved: { memory: "1Gi" } } }),
  },
  {
    sentence: kubelet,
    refused: hostsWith(0, { kubelet: { cgroupDriver: "cgroupfs" } }),
    key: "hosts[0].kubelet.cgroupDriver",
    says: ["kubelet.cgroupDriver", "every host"],
  },
  {
    sentence: "only nodes have kubelet fields",
    refused: etcdAlone({ maxPods: 5 }),
    key: "hosts[3].kubelet",
    says: ["h3", "no kubelet runs"],
    accepted: etcdAlone({}),
  },
  {
    sentence: proxy,
    refused: { kubeProxy: { clusterCIDR: "10.0.0.0/8" } },
    key: "kubeProxy.clusterCIDR",
    says: ["`network`"],
    accepted: { kubeProxy: { conntrack: { min: 0 } } },
  },
  {
    sentence: "the kubelet's cgroup driver is one that containerd knows",
    refused: { kubelet: { cgroupDriver: "cgroups" } },
    key: "kubelet.cgroupDriver",
    says: ["not a cgroup driver", "cgroupfs"],
    accepted: { kubelet: { cgroupDriver: "cgroupfs" } },
  },
  {
    sentence: "the kubelet's switches are true or false",
    refused: { kubelet: { failSwapOn: "false" } },
    key: "kubelet.failSwapOn",
    says: ["neither true nor false", "without quotes"],
    accepted: { kubelet: { failSwapOn: false } },
  },
  {
    sentence: "the kubelet's switches are true or false",
    refused: hostsWith(4, { kubelet: { failSwapOn: "false" } }),
    key: "hosts[4].kubelet.failSwapOn",
    says: ["neither true nor false"],
    accepted: hostsWith(4, { kubelet: { failSwapOn: false } }),
  },
  {
    sentence: "kube-proxy has a mode of Linux",
    refused: { kubeProxy: { mode: "userspace" } },
    key: "kubeProxy.mode",
    says: ["not a mode", "nftables"],
    accepted: { kubeProxy: { mode: "iptables" } },
  },
  {
    sentence: "no containerd setting is one that the program sets",
    refused: containerd({ pinned_images: { sandbox: "x" } }),
    key: 'containerd.plugins["io.containerd.cri.v1.images"].pinned_images.sandbox',
    says: ["pause image", "kubeadm.imageRepository"],
    accepted: containerd({ max_concurrent_downloads: 5 }),
  },
  {
    sentence: "no containerd setting is one that the program sets",
    refused: containerd({ registry: { config_path: "/x" } }),
    key: 'containerd.plugins["io.containerd.cri.v1.images"].registry.config_path',
    says: ["mirror.registries"],
  },
];

export const nodeConfigWarningCases: Case[] = [
  {
    sentence: "kube-proxy's mode has a future",
    refused: { kubeProxy: { mode: "ipvs" } },
    key: "kubeProxy.mode",
    says: ["deprecated from Kubernetes 1.35", "nftables"],
    accepted: { kubeProxy: { mode: "ipvs" }, ...v134 },
  },
  {
    sentence: "kube-proxy's mode has a future",
    refused: { kubeProxy: { mode: "ipvs" }, ...v136 },
    key: "kubeProxy.mode",
    says: ["deprecated"],
    accepted: { kubeProxy: { mode: "nftables" }, ...v136 },
  },
];
