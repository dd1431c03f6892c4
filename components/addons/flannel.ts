/** Flannel's manifest for one cluster: VXLAN between the node addresses. Pure. */
import { flannelImages } from "../host/images";
import { apiEndpoint } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import { owned } from "./owned";

const NAMESPACE = "kube-flannel";
const LABELS = { app: "flannel" };

/** The objects by the name that their resources get. */
export function flannelObjects(spec: ClusterSpec) {
  const metadata = (name: string) => ({ name, namespace: NAMESPACE, labels: LABELS, annotations: owned });
  const subject = { kind: "ServiceAccount", name: "flannel", namespace: NAMESPACE };
  return {
    namespace: {
      metadata: {
        name: NAMESPACE,
        labels: { ...LABELS, "pod-security.kubernetes.io/enforce": "privileged" },
        annotations: owned,
      },
    },
    serviceAccount: { metadata: metadata("flannel") },
    clusterRole: {
      metadata: { name: "flannel", labels: LABELS, annotations: owned },
      rules: [
        { apiGroups: [""], resources: ["pods"], verbs: ["get"] },
        { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
        { apiGroups: [""], resources: ["nodes/status"], verbs: ["patch"] },
      ],
    },
    clusterRoleBinding: {
      metadata: { name: "flannel", labels: LABELS, annotations: owned },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "flannel" },
      subjects: [subject],
    },
    configMap: {
      metadata: metadata("flannel-config"),
      data: { "cni-conf.json": json(cniConfig()), "net-conf.json": json(netConfig(spec)) },
    },
    daemonSet: {
      metadata: metadata("flannel"),
      spec: {
        selector: { matchLabels: LABELS },
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
        template: { metadata: { labels: LABELS }, spec: podSpec(spec) },
      },
    },
  };
}

function podSpec(spec: ClusterSpec) {
  const images = flannelImages(spec.network.flannelVersion);
  const endpoint = apiEndpoint(spec);
  const config = { name: "config", mountPath: "/etc/flannel" };
  return {
    hostNetwork: true,
    priorityClassName: "system-node-critical",
    serviceAccountName: "flannel",
    // The pod network comes before the node is ready, and on every node.
    tolerations: [{ operator: "Exists" }],
    nodeSelector: { "kubernetes.io/os": "linux" },
    initContainers: [
      {
        name: "install-plugin",
        image: images.plugin,
        command: ["cp", "-f", "/flannel", "/opt/cni/bin/flannel"],
        volumeMounts: [{ name: "plugins", mountPath: "/opt/cni/bin" }],
      },
      {
        name: "install-config",
        image: images.daemon,
        command: ["cp", "-f", "/etc/flannel/cni-conf.json", "/etc/cni/net.d/10-flannel.conflist"],
        volumeMounts: [{ name: "cni", mountPath: "/etc/cni/net.d" }, config],
      },
    ],
    containers: [
      {
        name: "flannel",
        image: images.daemon,
        command: ["/opt/bin/flanneld"],
        // The node's own address picks the interface; nothing is guessed from the default route.
        args: ["--ip-masq", "--kube-subnet-mgr", "--net-config-path=/etc/flannel/net-conf.json", "--iface=$(NODE_IP)"],
        env: [
          fromField("POD_NAME", "metadata.name"),
          fromField("POD_NAMESPACE", "metadata.namespace"),
          fromField("NODE_IP", "status.hostIP"),
          // Not the Service's address: that one works only after kube-proxy does, and flannel ends when it does not.
          { name: "KUBERNETES_SERVICE_HOST", value: endpoint.host },
          { name: "KUBERNETES_SERVICE_PORT", value: String(endpoint.port) },
        ],
        resources: { requests: { cpu: "50m", memory: "50Mi" } },
        securityContext: { privileged: false, capabilities: { add: ["NET_ADMIN", "NET_RAW"] } },
        volumeMounts: [{ name: "run", mountPath: "/run/flannel" }, config],
      },
    ],
    volumes: [
      { name: "run", hostPath: { path: "/run/flannel", type: "DirectoryOrCreate" } },
      { name: "plugins", hostPath: { path: "/opt/cni/bin", type: "DirectoryOrCreate" } },
      { name: "cni", hostPath: { path: "/etc/cni/net.d", type: "DirectoryOrCreate" } },
      { name: "config", configMap: { name: "flannel-config" } },
    ],
  };
}

function cniConfig() {
  return {
    name: "cbr0",
    cniVersion: "0.3.1",
    plugins: [
      { type: "flannel", delegate: { hairpinMode: true, isDefaultGateway: true } },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

function netConfig(spec: ClusterSpec) {
  return { Network: spec.network.podCidr, EnableNFTables: true, Backend: { Type: "vxlan" } };
}

function fromField(name: string, fieldPath: string) {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

function json(value: object): string {
  return JSON.stringify(value, null, 2);
}
