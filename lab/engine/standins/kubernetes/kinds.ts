/** API groups and kinds: where their objects are found and whether they are in a namespace. */
import { isNotFound, type Client } from "./client";
import type { KubernetesObject } from "./json";

export interface Kind {
  /** `""` for the core group. */
  group: string;
  version: string;
  kind: string;
}

export interface Endpoint {
  plural: string;
  namespaced: boolean;
}

/** The kinds that need no look-up, as `plural` with a `*` when they are not in a namespace. */
const KNOWN: Record<string, Record<string, string>> = {
  "": {
    ...{ ConfigMap: "configmaps", Secret: "secrets", Service: "services", ServiceAccount: "serviceaccounts" },
    ...{ Pod: "pods", Endpoints: "endpoints", PersistentVolumeClaim: "persistentvolumeclaims" },
    ...{ Namespace: "namespaces*", Node: "nodes*", PersistentVolume: "persistentvolumes*" },
    ...{ LimitRange: "limitranges", ResourceQuota: "resourcequotas" },
  },
  apps: { Deployment: "deployments", DaemonSet: "daemonsets", StatefulSet: "statefulsets", ReplicaSet: "replicasets" },
  batch: { Job: "jobs", CronJob: "cronjobs" },
  policy: { PodDisruptionBudget: "poddisruptionbudgets" },
  "networking.k8s.io": { NetworkPolicy: "networkpolicies", Ingress: "ingresses", IngressClass: "ingressclasses*" },
  "rbac.authorization.k8s.io": {
    ...{ Role: "roles", RoleBinding: "rolebindings" },
    ...{ ClusterRole: "clusterroles*", ClusterRoleBinding: "clusterrolebindings*" },
  },
  "storage.k8s.io": { StorageClass: "storageclasses*" },
  "apiextensions.k8s.io": { CustomResourceDefinition: "customresourcedefinitions*" },
};

/** The cluster does not know the kind. */
export class NoMatchError extends Error {
  constructor({ group, version, kind }: Kind) {
    super(`no matches for kind "${kind}" in version "${group ? `${group}/` : ""}${version}"`);
  }
}

/** `kubernetes:apps/v1:DeploymentPatch` → the kind it patches. */
export function kindOfToken(token: string): Kind & { patch: boolean } {
  const [, module = "", name = ""] = token.split(":");
  const slash = module.lastIndexOf("/");
  const group = module.slice(0, slash);
  const patch = name.endsWith("Patch") && name !== "Patch";
  return {
    group: group === "core" ? "" : group,
    version: module.slice(slash + 1),
    kind: patch ? name.slice(0, -"Patch".length) : name,
    patch,
  };
}

/** The kind of an object by its `apiVersion` and `kind`. */
export function kindOfObject(object: Partial<KubernetesObject>): Kind {
  const apiVersion = object.apiVersion ?? "";
  const slash = apiVersion.lastIndexOf("/");
  return {
    group: slash < 0 ? "" : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind: object.kind ?? "",
  };
}

const basePath = ({ group, version }: Kind): string => (group === "" ? `/api/${version}` : `/apis/${group}/${version}`);

/** Looks kinds up once. */
export class Kinds {
  private readonly found = new Map<string, Promise<Map<string, Endpoint>>>();

  constructor(private readonly client: Client) {}

  /** What is known without asking the cluster. */
  static known({ group, kind }: Kind): Endpoint | undefined {
    const plural = KNOWN[group]?.[kind];
    return plural === undefined ? undefined : { plural: plural.replace("*", ""), namespaced: !plural.endsWith("*") };
  }

  /** `undefined` when the cluster has no such kind. */
  async find(kind: Kind): Promise<Endpoint | undefined> {
    const path = basePath(kind);
    const known = Kinds.known(kind);
    if (known && !kind.version.includes("alpha") && !kind.version.includes("beta")) return known;
    if (!this.found.has(path)) this.found.set(path, this.list(path));
    return (await this.found.get(path)!).get(kind.kind);
  }

  /** Forgets what it looked up: a new definition may have come. */
  reset(): void {
    this.found.clear();
  }

  /** The path of an object, or of its collection when the name is empty. */
  async path(object: KubernetesObject, namespace: string, name: string): Promise<string> {
    const kind = kindOfObject(object);
    const endpoint = await this.find(kind);
    if (!endpoint) {
      this.reset();
      throw new NoMatchError(kind);
    }
    const scope = endpoint.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : "";
    return `${basePath(kind)}${scope}/${endpoint.plural}${name ? `/${encodeURIComponent(name)}` : ""}`;
  }

  private async list(path: string): Promise<Map<string, Endpoint>> {
    const endpoints = new Map<string, Endpoint>();
    try {
      const answer = await this.client.send({ method: "GET", path });
      for (const item of answer["resources"] as unknown as { name: string; kind: string; namespaced: boolean }[]) {
        if (!item.name.includes("/")) endpoints.set(item.kind, { plural: item.name, namespaced: item.namespaced });
      }
    } catch (error) {
      this.found.delete(path);
      if (!isNotFound(error)) throw error;
    }
    return endpoints;
  }
}
