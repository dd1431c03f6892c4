/** kubeadm's configuration documents, v1beta4, without feature gates: the defaults of each minor are what is wanted. Pure. */
import { stringify } from "yaml";

import { merge } from "../host/merge";
import type { VisibleFile } from "../host/script";
import { JOIN_KUBECONFIG, KUBERNETES_PKI } from "../pki/paths";
import { apiEndpoint, controlPlanes, etcdEndpoints, etcdEndpointsOf, nodeTaints, serviceIp } from "../spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";

const API_VERSION = "kubeadm.k8s.io/v1beta4";
/** Where patch.sh puts a host's own kubelet fields. */
const PATCHES = "/var/lib/kubeadm-ha/patches";
const CRI_SOCKET = "unix:///run/containerd/containerd.sock";

/** A flag as v1beta4 lists it. */
interface Flag {
  name: string;
  value: string;
}

/** InitConfiguration: what one `kubeadm init` or one of its phases has to know of the node that it runs on. */
export function initDocument(spec: ClusterSpec, host: HostSpec): string {
  return document(initConfiguration(spec, host));
}

function initConfiguration(spec: ClusterSpec, host: HostSpec): object {
  return {
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
  };
}

/**
 * What a control plane's static pods are rendered from: no setting of a kubelet, of kube-proxy or of CoreDNS, and of
 * etcd what this API server asks, which may be other endpoints than the cluster's.
 */
export function staticPodDocuments(spec: ClusterSpec, host: HostSpec): string {
  const kubeadm = { ...spec.kubeadm, dnsImageTag: undefined };
  const cluster = clusterDocument({ ...spec, kubeadm }, etcdEndpointsOf(spec, host));
  return [initDocument(spec, host), cluster].join("---\n");
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

/** The same for the node that bootstraps the cluster: with its own kubelet fields. */
export function bootstrapFiles(spec: ClusterSpec, host: HostSpec): VisibleFile[] {
  const init = document({ ...initConfiguration(spec, host), ...patches(host) });
  const whole = clusterFiles(spec, host).map((file) => (file.name === "init.yaml" ? { ...file, content: init } : file));
  return [...whole, ...kubeletPatch(host)];
}

/** A host's own kubelet fields, as kubeadm takes a patch. None of a host without. */
export function kubeletPatch(host: HostSpec): VisibleFile[] {
  if (Object.keys(host.kubelet).length === 0) return [];
  return [{ name: "kubeletconfiguration+merge.yaml", content: document(merge({}, host.kubelet)) }];
}

function patches(host: HostSpec): object {
  return kubeletPatch(host).length > 0 ? { patches: { directory: PATCHES } } : {};
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
    ...patches(host),
  });
}

/** ClusterConfiguration. */
export function clusterDocument(spec: ClusterSpec, endpoints = etcdEndpoints(spec)): string {
  const { api, network, kubeadm } = spec;
  const { host, port } = apiEndpoint(spec);
  return document({
    apiVersion: API_VERSION,
    kind: "ClusterConfiguration",
    clusterName: spec.name,
    kubernetesVersion: spec.versions.kubernetes,
    controlPlaneEndpoint: `${host}:${port}`,
    imageRepository: kubeadm.imageRepository,
    networking: { podSubnet: network.podCidr, serviceSubnet: network.serviceCidr, dnsDomain: network.dnsDomain },
    etcd: {
      external: {
        endpoints,
        caFile: `${KUBERNETES_PKI}/etcd/ca.crt`,
        certFile: `${KUBERNETES_PKI}/apiserver-etcd-client.crt`,
        keyFile: `${KUBERNETES_PKI}/apiserver-etcd-client.key`,
      },
    },
    ...(kubeadm.dnsImageTag && { dns: { imageTag: kubeadm.dnsImageTag } }),
    apiServer: {
      certSANs: [host, ...(api.dnsName ? [api.dnsName] : []), ...api.extraSans],
      extraArgs: flags(apiServerDefaults(spec), spec.apiServer.extraArgs),
    },
    controllerManager: { extraArgs: flags({ profiling: "false" }, spec.controllerManager.extraArgs) },
    scheduler: { extraArgs: flags({ profiling: "false" }, spec.scheduler.extraArgs) },
  });
}

/**
 * A stopping API server serves on until every HAProxy has seen /readyz turn red (3 checks within 2 s, and up to 2 s for
 * each answer): that drains it everywhere. Then it answers late-comers with Retry-After and ends 2 s after its last
 * request, where it would otherwise wait for watches up to a minute. A few long-lived clients are sent to other servers
 * at any time, so that a returning one gets its share.
 */
function apiServerDefaults(spec: ClusterSpec): Record<string, string> {
  const several = controlPlanes(spec).length > 1;
  return {
    profiling: "false",
    ...(several && { "shutdown-delay-duration": "10s", "shutdown-send-retry-after": "true", "goaway-chance": "0.001" }),
  };
}

/** KubeletConfiguration of every node, before a host's own fields. */
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
  const taints = nodeTaints(host).map(({ key, value, effect }) => ({ key, ...(value !== "" && { value }), effect }));
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
