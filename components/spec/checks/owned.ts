/** Flags and fields that the program sets itself, each with the reason why config may not. */

/** Reasons by name: a flag or field that appears here is refused. */
export type Owned = Record<string, string>;

const fromHosts = "the program sets it from `hosts`";
const fromApi = "the program sets it from `api`";
const fromNetwork = "the program sets it from `network`";
const fromPki = "the program's own certificates and keys belong there";
const fromKubeadm = "kubeadm sets it to what the rest of the cluster relies on";

export const apiServerOwned: Owned = {
  "etcd-servers": fromHosts,
  "etcd-cafile": fromPki,
  "etcd-certfile": fromPki,
  "etcd-keyfile": fromPki,
  "advertise-address": fromHosts,
  "bind-address": "HAProxy, the kubelet's probes and the local kubelet reach the API server on every address",
  "secure-port": fromApi,
  "client-ca-file": fromPki,
  "tls-cert-file": fromPki,
  "tls-private-key-file": fromPki,
  "kubelet-certificate-authority": "kubelets serve certificates of their own that no authority has signed",
  "kubelet-client-certificate": fromPki,
  "kubelet-client-key": fromPki,
  "proxy-client-cert-file": fromPki,
  "proxy-client-key-file": fromPki,
  "requestheader-client-ca-file": fromPki,
  "requestheader-allowed-names": fromPki,
  "requestheader-extra-headers-prefix": fromKubeadm,
  "requestheader-group-headers": fromKubeadm,
  "requestheader-username-headers": fromKubeadm,
  "service-account-key-file": fromPki,
  "service-account-signing-key-file": fromPki,
  "service-cluster-ip-range": fromNetwork,
};

export const controllerManagerOwned: Owned = {
  "allocate-node-cidrs": fromNetwork,
  "authentication-kubeconfig": fromPki,
  "authorization-kubeconfig": fromPki,
  "client-ca-file": fromPki,
  "cluster-cidr": fromNetwork,
  "cluster-name": "the program sets it from `clusterName`",
  "cluster-signing-cert-file": fromPki,
  "cluster-signing-key-file": fromPki,
  kubeconfig: fromPki,
  "requestheader-client-ca-file": fromPki,
  "root-ca-file": fromPki,
  "secure-port": fromKubeadm,
  "service-account-private-key-file": fromPki,
  "service-cluster-ip-range": fromNetwork,
};

export const schedulerOwned: Owned = {
  "authentication-kubeconfig": fromPki,
  "authorization-kubeconfig": fromPki,
  kubeconfig: fromPki,
  "secure-port": fromKubeadm,
};

export const etcdOwned: Owned = {
  name: fromHosts,
  "config-file": "the program writes etcd's configuration file, and etcd then ignores all flags",
  "data-dir": "it has a key of its own, etcd.dataDir",
  "heartbeat-interval": "it has a key of its own, etcd.heartbeatIntervalMs",
  "election-timeout": "it has a key of its own, etcd.electionTimeoutMs",
  "quota-backend-bytes": "it has a key of its own, etcd.quotaBackendBytes",
  "listen-client-urls": fromHosts,
  "listen-client-http-urls": fromHosts,
  "listen-peer-urls": fromHosts,
  "listen-metrics-urls": fromHosts,
  "advertise-client-urls": fromHosts,
  "initial-advertise-peer-urls": fromHosts,
  "initial-cluster": fromHosts,
  "initial-cluster-state": fromHosts,
  "initial-cluster-token": "the program sets it from `clusterName`",
  discovery: fromHosts,
  "discovery-srv": fromHosts,
  "cert-file": fromPki,
  "key-file": fromPki,
  "trusted-ca-file": fromPki,
  "client-cert-auth": fromPki,
  "client-cert-file": fromPki,
  "client-key-file": fromPki,
  "auto-tls": fromPki,
  "peer-cert-file": fromPki,
  "peer-key-file": fromPki,
  "peer-trusted-ca-file": fromPki,
  "peer-client-cert-auth": fromPki,
  "peer-client-cert-file": fromPki,
  "peer-client-key-file": fromPki,
  "peer-auto-tls": fromPki,
  "client-transport-security": fromPki,
  "peer-transport-security": fromPki,
  "force-new-cluster": "it throws all other members out of the cluster",
  "enable-v2": "etcd 3.6 does not know it, and Kubernetes never used it",
};

export const kubeletOwned: Owned = {
  apiVersion: fromKubeadm,
  kind: fromKubeadm,
  address: fromKubeadm,
  port: "the API server reaches kubelets on 10250",
  readOnlyPort: "it would serve pods' details to anyone without a password",
  healthzPort: "kubeadm waits for the kubelet's health on 10248",
  healthzBindAddress: fromKubeadm,
  authentication: fromKubeadm,
  authorization: fromKubeadm,
  clusterDNS: fromNetwork,
  clusterDomain: fromNetwork,
  containerRuntimeEndpoint: "the program installs containerd and names its socket",
  podCIDR: fromNetwork,
  rotateCertificates: "nodes would fall out of the cluster when their first certificate ends",
  serverTLSBootstrap: "no one approves the kubelets' requests, and logs and exec would stop",
  staticPodPath: fromKubeadm,
  staticPodURL: "static pods are kubeadm's",
  tlsCertFile: fromPki,
  tlsPrivateKeyFile: fromPki,
  registerNode: "kubeadm waits for the node to register itself",
  registerWithTaints: "taints have a key of their own, hosts[].taints",
};

/** What one host may not differ in from the others, beyond that. */
export const hostKubeletOwned: Owned = {
  ...kubeletOwned,
  cgroupDriver: "containerd follows `kubelet.cgroupDriver` on every host",
};

export const kubeProxyOwned: Owned = {
  apiVersion: fromKubeadm,
  kind: fromKubeadm,
  clusterCIDR: fromNetwork,
  clientConnection: "kubeadm's kubeconfig belongs there, with the VIP in it",
  hostnameOverride: fromHosts,
  bindAddress: fromKubeadm,
};

/** Settings of containerd's plugins, by their path. */
export const containerdOwned = [
  {
    path: ["io.containerd.cri.v1.images", "pinned_images", "sandbox"],
    reason: "is not yours to set: it must be the pause image that kubeadm of the version uses",
    fix: "Remove it; kubeadm.imageRepository moves it with the others",
  },
  {
    path: ["io.containerd.cri.v1.images", "registry", "config_path"],
    reason: "is not yours to set: the program writes registry mirrors there",
    fix: "Remove it and use mirror.registries",
  },
];
