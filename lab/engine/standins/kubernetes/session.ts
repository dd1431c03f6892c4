/** A configured provider: its cluster, or why there is none. */
import { setMaxListeners } from "node:events";
import { plain, type Props } from "../wire/values";
import { Client } from "./client";
import { Kinds } from "./kinds";
import { readKubeconfig } from "./kubeconfig";

const REACH_LIMIT_MS = 10_000;

/** Options of `kubernetes.Provider`, after the environment's say. */
export interface Options {
  deleteUnreachable: boolean;
  skipUpdateUnreachable: boolean;
  serverSideApply: boolean;
  patchForce: boolean;
  upsert: boolean;
  configMapsMutable: boolean;
  secretsMutable: boolean;
  /** Namespace for objects that name none; empty: the context's. */
  namespace: string;
}

/** The SDK sends booleans as text. */
function flag(args: Props, key: string, variable: string, fallback: boolean): boolean {
  const value = plain(args[key]) ?? process.env[variable];
  return value === undefined || value === null || value === "" ? fallback : String(value) === "true";
}

function readOptions(args: Props): Options {
  return {
    deleteUnreachable: flag(args, "deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE", false),
    skipUpdateUnreachable: flag(args, "skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE", false),
    serverSideApply: flag(args, "enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", true),
    patchForce: flag(args, "enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE", false),
    upsert: flag(args, "upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS", false),
    configMapsMutable: flag(args, "enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", false),
    secretsMutable: flag(args, "enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE", false),
    namespace: String(plain(args["namespace"]) ?? ""),
  };
}

/** A cluster that answered when the provider was configured. */
export interface Cluster {
  client: Client;
  kinds: Kinds;
}

/** What every call of a configured provider works with. */
export class Session {
  readonly abort = new AbortController();
  options: Options = readOptions({});
  cluster: Cluster | undefined;
  unreachableReason = "the provider is not configured";

  constructor() {
    // Every request under way listens; node would warn from the eleventh on.
    setMaxListeners(0, this.abort.signal);
  }

  /**
   * Decides once, as the official provider does, whether the cluster can be reached: one that comes up later in the
   * same run stays unreachable for this provider.
   */
  async configure(args: Props): Promise<void> {
    this.options = readOptions(args);
    if (!this.options.serverSideApply)
      throw new Error("enableServerSideApply: false is not served by the kubernetes stand-in; leave it at true");
    try {
      const text = plain(args["kubeconfig"]) as string | undefined;
      if (!text) throw new Error("no kubeconfig is given: the stand-in reads no file in the home folder");
      const client = new Client(readKubeconfig(text, plain(args["context"]) as string | undefined), this.abort.signal);
      await client.send({ method: "GET", path: "/version", limitMs: REACH_LIMIT_MS, once: true });
      this.cluster = { client, kinds: new Kinds(client) };
    } catch (error) {
      this.cluster = undefined;
      this.unreachableReason = `unable to load schema information from the API server: ${
        error instanceof Error ? error.message : String(error)
      }`;
    }
  }

  /** The cluster; fails with the reason when it could not be reached. */
  reached(): Cluster {
    if (this.cluster) return this.cluster;
    throw new Error(
      `configured Kubernetes cluster is unreachable: ${this.unreachableReason} ` +
        `(reachability is decided when the provider is created: let the provider depend on the cluster)`,
    );
  }
}
