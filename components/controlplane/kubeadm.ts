/** kubeadm's configuration documents, v1beta4, without feature gates: the defaults of each minor are what is wanted. Pure. */
import { stringify } from "yaml";

import { merge } from "../host/merge";
import type { VisibleFile } from "../host/script";
import { JOIN_KUBECONFIG, KUBERNETES_PKI } from "../pki/paths";
import { controlPlanes, etcdEndpoints, serviceIp } from "../spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";

const API_VERSION = "kubeadm.k8s.io/v1beta4";
const CRI_SOCKET = "unix:///run/containerd/containerd.sock";

/** A flag as v1beta4 lists it. */
interface Flag {
  name: string;
  value: string;
}

/** InitConfiguration: what one `kubeadm init` or one of its phases has to know of the node that it runs on. */
export function initDocument(spec: ClusterSpec, host: HostSpec): string {
  return document({
    apiVersion: API_VERSION,
    kind: "InitConfiguration",
    nodeRegistration: nodeRegistration(spec, host),
    localAPIEndpoint: { advertiseAddress: host.ip, bindPort: spec.api.bindPort },
    // kubeadm insists on making one; it is deleted right after and lives a minute at most.
    bootstrapTokens: [
      {
        ttl: "1m0s",
        usages: ["authentication", "signing"],
        groups: ["system:bootstrappers:kubeadm:default-node-token"],
      },
    ],
  });
}

/** What a control plane's static pods are rendered from: no setting of a kubelet, of kube-proxy or of CoreDNS. */
export function staticPodDocuments(spec: ClusterSpec, host: HostSpec): string {
  const kubeadm = { ...spec.kubeadm, dnsImageTag: undefined };
  return [initDocument(spec, host), clusterDocument({ ...spec, kubeadm })].join("---\n");
}

/** The documents of the whole cluster as files, `cluster.yaml` and so on, and this node's part as `init.yaml`. */
export function clusterFiles(spec: ClusterSpec, host: HostSpec): VisibleFile[] {
  return [
    { name: "init.yaml", content: initDocument(spec, host) },
    { name: "cluster.yaml", content: clusterDocument(spec) },
    { name: "kubelet.yaml", content: kubeletDocument(spec) },
    { name: "kube-proxy.yaml", content: kubeProxyDocument(spec) },
  ];
}

/** JoinConfiguration: discovery and TLS bootstrap by the node's own client certificate, no token. */
export function joinDocument(spec: ClusterSpec, host: HostSpec): string {
  const isControlPlane = host.roles.includes(Role.ControlPlane);
  return document({
    apiVersion: API_VERSION,
    kind: "JoinConfiguration",
    nodeRegistration: nodeRegistration(spec, host),
    discovery: { file: { kubeConfigPath: JOIN_KUBECONFIG } },
    ...(isControlPlane && {
      controlPlane: { localAPIEndpoint: { advertiseAddress: host.ip, bindPort: spec.api.bindPort } },
    }),
  });
}

/** ClusterConfiguration. */
export function clusterDocument(spec: ClusterSpec): string {
  const { api, network, kubeadm } = spec;
  return document({
    apiVersion: API_VERSION,
    kind: "ClusterConfiguration",
    clusterName: spec.name,
    kubernetesVersion: spec.versions.kubernetes,
    controlPlaneEndpoint: `${api.vip}:${api.port}`,
    imageRepository: kubeadm.imageRepository,
    networking: { podSubnet: network.podCidr, serviceSubnet: network.serviceCidr, dnsDomain: network.dnsDomain },
    etcd: {
      external: {
        endpoints: etcdEndpoints(spec),
        caFile: `${KUBERNETES_PKI}/etcd/ca.crt`,
        certFile: `${KUBERNETES_PKI}/apiserver-etcd-client.crt`,
        keyFile: `${KUBERNETES_PKI}/apiserver-etcd-client.key`,
      },
    },
    ...(kubeadm.dnsImageTag && { dns: { imageTag: kubeadm.dnsImageTag } }),
    apiServer: {
      certSANs: [api.vip, ...(api.dnsName ? [api.dnsName] : []), ...api.extraSans],
      extraArgs: flags(apiServerDefaults(spec), spec.apiServer.extraArgs),
    },
    controllerManager: { extraArgs: flags({ profiling: "false" }, spec.controllerManager.extraArgs) },
    scheduler: { extraArgs: flags({ profiling: "false" }, spec.scheduler.extraArgs) },
  });
}

/**
 * A stopping API server serves on until every HAProxy has seen /readyz turn red (3 checks of 1 s after one of 2 s):
 * that drains it everywhere. Then it answers late-comers with Retry-After and ends 2 s after its last request, where
 * it would otherwise wait for watches up to a minute. A few long-lived clients are sent to other servers at any time,
 * so that a returning one gets its share.
 */
function apiServerDefaults(spec: ClusterSpec): Record<string, string> {
  const several = controlPlanes(spec).length > 1;
  return {
    profiling: "false",
    ...(several && { "shutdown-delay-duration": "10s", "shutdown-send-retry-after": "true", "goaway-chance": "0.001" }),
  };
}

/** KubeletConfiguration of every node. */
export function kubeletDocument(spec: ClusterSpec): string {
  return document(
    merge(
      {
        apiVersion: "kubelet.config.k8s.io/v1beta1",
        kind: "KubeletConfiguration",
        cgroupDriver: "systemd",
        clusterDNS: [serviceIp(spec.network.serviceCidr, 10)],
        clusterDomain: spec.network.dnsDomain,
        rotateCertificates: true,
        readOnlyPort: 0,
      },
      spec.kubelet,
    ),
  );
}

/** KubeProxyConfiguration. */
export function kubeProxyDocument(spec: ClusterSpec): string {
  return document(
    merge(
      {
        apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
        kind: "KubeProxyConfiguration",
        clusterCIDR: spec.network.podCidr,
        mode: "nftables",
      },
      spec.kubeProxy,
    ),
  );
}

function nodeRegistration(spec: ClusterSpec, host: HostSpec): object {
  const own = host.taints.map(({ key, value, effect }) => ({ key, value, effect }));
  const controlPlane = { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" };
  const taints = host.roles.includes(Role.ControlPlane) ? [controlPlane, ...own] : own;
  return {
    name: host.name,
    criSocket: CRI_SOCKET,
    imagePullPolicy: "IfNotPresent",
    kubeletExtraArgs: flags({ "node-ip": host.ip }, {}),
    taints,
    ...(spec.kubeadm.ignorePreflightErrors.length > 0 && { ignorePreflightErrors: spec.kubeadm.ignorePreflightErrors }),
  };
}

/** Sorted by name: the text must not depend on the order in which somebody wrote the keys. */
function flags(defaults: Record<string, string>, over: Record<string, string>): Flag[] {
  return Object.entries({ ...defaults, ...over })
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function document(content: object): string {
  return stringify(content, { lineWidth: 0 });
}
