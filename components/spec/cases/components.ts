import { hostsWith, mirrorWith, type Case } from "./case";

type Flags = Record<string, string>;
const apiServer = (extraArgs: Flags) => ({ apiServer: { extraArgs } });
const controllerManager = (extraArgs: Flags) => ({ controllerManager: { extraArgs } });
const scheduler = (extraArgs: Flags) => ({ scheduler: { extraArgs } });
const etcd = (extraArgs: Flags) => ({ etcd: { extraArgs } });
const v134 = { kubernetesVersion: "v1.34.4" };
const v136 = { kubernetesVersion: "v1.36.3" };

const owned = "no flag is one that the program sets";
const value = "no flag has a value that breaks the cluster";
const known = "the version knows every flag";
const gates = "the version knows every feature gate";

export const flagCases: Case[] = [
  {
    sentence: owned,
    refused: apiServer({ "etcd-servers": "https://a:2379" }),
    key: "apiServer.extraArgs.etcd-servers",
    says: ["not yours to set", "`hosts`", "Remove it"],
    accepted: apiServer({ "goaway-chance": "0.001" }),
  },
  {
    sentence: owned,
    refused: apiServer({ "advertise-address": "192.0.2.1" }),
    key: "apiServer.extraArgs.advertise-address",
    says: ["not yours"],
  },
  {
    sentence: owned,
    refused: apiServer({ "bind-address": "127.0.0.1" }),
    key: "apiServer.extraArgs.bind-address",
    says: ["HAProxy"],
  },
  {
    sentence: owned,
    refused: apiServer({ "secure-port": "443" }),
    key: "apiServer.extraArgs.secure-port",
    says: ["`api`"],
  },
  {
    sentence: owned,
    refused: apiServer({ "client-ca-file": "/x" }),
    key: "apiServer.extraArgs.client-ca-file",
    says: ["certificates"],
  },
  {
    sentence: owned,
    refused: controllerManager({ "cluster-cidr": "10.0.0.0/8" }),
    key: "controllerManager.extraArgs.cluster-cidr",
    says: ["`network`"],
    accepted: controllerManager({ "bind-address": "0.0.0.0" }),
  },
  {
    sentence: owned,
    refused: scheduler({ kubeconfig: "/x" }),
    key: "scheduler.extraArgs.kubeconfig",
    says: ["certificates"],
  },
  {
    sentence: owned,
    refused: etcd({ "data-dir": "/data" }),
    key: "etcd.extraArgs.data-dir",
    says: ["etcd.dataDir"],
    accepted: etcd({ "max-request-bytes": "3145728" }),
  },
  {
    sentence: owned,
    refused: etcd({ "force-new-cluster": "true" }),
    key: "etcd.extraArgs.force-new-cluster",
    says: ["throws all other members out"],
  },
  {
    sentence: value,
    refused: apiServer({ "anonymous-auth": "false" }),
    key: "apiServer.extraArgs.anonymous-auth",
    says: ["health checks", "Remove it"],
    accepted: apiServer({ "anonymous-auth": "true" }),
  },
  {
    sentence: value,
    refused: apiServer({ "authorization-mode": "AlwaysAllow" }),
    key: "apiServer.extraArgs.authorization-mode",
    says: ["Node or RBAC", "Node,RBAC"],
    accepted: apiServer({ "authorization-mode": "Node,RBAC,Webhook" }),
  },
  {
    sentence: value,
    refused: apiServer({ "enable-admission-plugins": "EventRateLimit" }),
    key: "apiServer.extraArgs.enable-admission-plugins",
    says: ["NodeRestriction"],
    accepted: apiServer({ "enable-admission-plugins": "NodeRestriction,EventRateLimit" }),
  },
  {
    sentence: value,
    refused: apiServer({ "disable-admission-plugins": "NodeRestriction" }),
    key: "apiServer.extraArgs.disable-admission-plugins",
    says: ["NodeRestriction off"],
  },
  {
    sentence: value,
    refused: apiServer({ "allow-privileged": "false" }),
    key: "apiServer.extraArgs.allow-privileged",
    says: ["kube-proxy"],
  },
  {
    sentence: value,
    refused: controllerManager({ "leader-elect": "false" }),
    key: "controllerManager.extraArgs.leader-elect",
    says: ["act at once"],
    accepted: scheduler({ "leader-elect": "true" }),
  },
  {
    sentence: value,
    refused: scheduler({ "leader-elect": "false" }),
    key: "scheduler.extraArgs.leader-elect",
    says: ["act at once"],
  },
  {
    sentence: value,
    refused: controllerManager({ "use-service-account-credentials": "false" }),
    key: "controllerManager.extraArgs.use-service-account-credentials",
    says: ["rights of all"],
  },
  {
    sentence: known,
    refused: apiServer({ "insecure-port": "8080" }),
    key: "apiServer.extraArgs.insecure-port",
    says: ["kube-apiserver 1.35 does not know it", "Remove it"],
  },
  {
    sentence: known,
    refused: controllerManager({ "pod-eviction-timeout": "1m" }),
    key: "controllerManager.extraArgs.pod-eviction-timeout",
    says: ["kube-controller-manager 1.35"],
  },
  {
    sentence: known,
    refused: scheduler({ "policy-config-file": "/x" }),
    key: "scheduler.extraArgs.policy-config-file",
    says: ["kube-scheduler 1.35"],
  },
  {
    sentence: known,
    refused: apiServer({ "tls-curve-preferences": "X25519" }),
    key: "apiServer.extraArgs.tls-curve-preferences",
    says: ["until the cluster runs 1.36"],
    accepted: { ...apiServer({ "tls-curve-preferences": "X25519" }), ...v136 },
  },
  {
    sentence: gates,
    refused: { ...apiServer({ "feature-gates": "A=true,MemoryManager=true" }), ...v136 },
    key: "apiServer.extraArgs.feature-gates",
    says: ["MemoryManager", "Kubernetes 1.36 removed", "Remove the gate"],
    accepted: apiServer({ "feature-gates": "A=true,MemoryManager=true" }),
  },
  {
    sentence: gates,
    refused: { ...apiServer({ "feature-gates": "kube:MemoryManager=true" }), ...v136 },
    key: "apiServer.extraArgs.feature-gates",
    says: ["feature-gates MemoryManager", "1.36 removed"],
    accepted: apiServer({ "feature-gates": "kube:MemoryManager=true" }),
  },
  {
    sentence: gates,
    refused: controllerManager({ "feature-gates": "StatefulSetAutoDeletePVC=true" }),
    key: "controllerManager.extraArgs.feature-gates",
    says: ["StatefulSetAutoDeletePVC", "1.35 removed"],
    accepted: { ...controllerManager({ "feature-gates": "StatefulSetAutoDeletePVC=true" }), ...v134 },
  },
  {
    sentence: gates,
    refused: { ...scheduler({ "feature-gates": "ComponentSLIs=true" }), ...v136 },
    key: "scheduler.extraArgs.feature-gates",
    says: ["ComponentSLIs", "1.35 removed"],
    accepted: { ...scheduler({ "feature-gates": "ComponentSLIs=true" }), ...v134 },
  },
  {
    sentence: gates,
    refused: { kubelet: { featureGates: { SizeMemoryBackedVolumes: true } } },
    key: "kubelet.featureGates",
    says: ["SizeMemoryBackedVolumes", "1.35 removed"],
  },
  {
    sentence: gates,
    refused: hostsWith(3, { kubelet: { featureGates: { SizeMemoryBackedVolumes: true } } }),
    key: "hosts[3].kubelet.featureGates",
    says: ["SizeMemoryBackedVolumes", "1.35 removed"],
  },
  {
    sentence: gates,
    refused: { kubeProxy: { featureGates: { ServiceTrafficDistribution: true } }, ...v136 },
    key: "kubeProxy.featureGates",
    says: ["1.36 removed"],
  },
  {
    sentence: "etcd knows its flags now and after the next upgrade",
    refused: etcd({ "experimental-compaction-batch-limit": "10" }),
    key: "etcd.extraArgs.experimental-compaction-batch-limit",
    says: ["3.7 does not start", "Use compaction-batch-limit"],
    accepted: {
      ...etcd({ "experimental-compaction-batch-limit": "10" }),
      etcdVersion: "3.5.33",
      ...mirrorWith({ etcdSha256: { "3.5.33-amd64": "c".repeat(64) } }),
    },
  },
  {
    sentence: "etcd checks its own membership changes",
    refused: etcd({ "strict-reconfig-check": "false" }),
    key: "etcd.extraArgs.strict-reconfig-check",
    says: ["lose quorum", "Remove it"],
    accepted: etcd({ "strict-reconfig-check": "true" }),
  },
];
