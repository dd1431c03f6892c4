/** Fields whose change needs a new object. */
import { at, type KubernetesObject } from "./json";
import { kindOfObject } from "./kinds";

const SELECTOR = ["spec.selector"];
const CONTAINER = [
  ...["args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports", "readinessProbe"],
  ...["resources", "securityContext", "stdin", "stdinOnce", "terminationMessagePath", "terminationMessagePolicy"],
  ...["tty", "volumeDevices", "volumeMounts", "workingDir"],
];
const POD = [
  ...["affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases"],
  ...["hostIPC", "hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName", "nodeSelector", "overhead"],
  ...["preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy", "runtimeClassName"],
  ...["schedulerName", "securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace"],
  ...["subdomain", "terminationGracePeriodSeconds", "volumes"],
];
const VOLUME_SOURCES = ["csi", "fc", "hostPath", "iscsi", "local", "nfs", "cephfs", "rbd", "flexVolume"];

const FIELDS: Record<string, string[]> = {
  "apps/Deployment": SELECTOR,
  "apps/DaemonSet": SELECTOR,
  "apps/StatefulSet": [
    ...SELECTOR,
    ...["spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.serviceName", "spec.volumeClaimTemplates"],
  ],
  "batch/Job": [...SELECTOR, "spec.completions", "spec.parallelism", "spec.template"],
  "rbac.authorization.k8s.io/ClusterRoleBinding": ["roleRef"],
  "rbac.authorization.k8s.io/RoleBinding": ["roleRef"],
  "storage.k8s.io/StorageClass": ["parameters", "provisioner"],
  "/Secret": ["type"],
  "/Service": ["spec.clusterIP"],
  "/ResourceQuota": ["spec.scopes"],
  "/PersistentVolume": VOLUME_SOURCES.map((source) => `spec.${source}`),
  "/PersistentVolumeClaim": [...SELECTOR, "spec.accessModes", "spec.storageClassName", "spec.volumeName"],
  "/Pod": [
    ...POD.map((field) => `spec.${field}`),
    ...CONTAINER.flatMap((field) => [`spec.containers[].${field}`, `spec.initContainers[].${field}`]),
  ],
};
const IDENTITY = ["metadata.name", "metadata.namespace"];

export interface Mutability {
  configMaps: boolean;
  secrets: boolean;
}

function dataFields(object: KubernetesObject, mutable: Mutability): string[] {
  const immutable = at(object, "immutable") === true;
  if (object.apiVersion !== "v1") return [];
  if (object.kind === "ConfigMap" && (!mutable.configMaps || immutable)) return ["data", "binaryData"];
  if (object.kind === "Secret" && (!mutable.secrets || immutable)) return ["type", "stringData", "data"];
  return [];
}

/** The paths that force a replacement, `[]` standing for any index. */
export function forceNewFields(object: KubernetesObject, patch: boolean, mutable: Mutability): string[] {
  if (patch) return IDENTITY;
  const { group, kind } = kindOfObject(object);
  return [...IDENTITY, ...(FIELDS[`${group}/${kind}`] ?? []), ...dataFields(object, mutable)];
}

/** Does a change at `path` (`spec.template.spec.containers[0].image`) touch one of the fields? */
export function forcesNew(path: string, fields: string[]): boolean {
  const general = path.replace(/\[\d+\]/g, "[]");
  return fields.some((field) => general === field || [".", "["].some((next) => general.startsWith(field + next)));
}
