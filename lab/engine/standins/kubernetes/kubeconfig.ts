/** What a connection needs of a kubeconfig. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface ClusterAccess {
  /** `https://10.77.0.10:8443`, without a slash at the end. */
  server: string;
  /** Namespace of the context. */
  namespace: string;
  tls: { ca?: string; cert?: string; key?: string; rejectUnauthorized: boolean; servername?: string };
  token: string | undefined;
}

interface Named {
  name: string;
  [kind: string]: unknown;
}

interface Kubeconfig {
  "current-context"?: string;
  clusters?: Named[];
  contexts?: Named[];
  users?: Named[];
}

type Entry = Record<string, unknown>;

function entry(config: Kubeconfig, list: "clusters" | "contexts" | "users", name: unknown): Entry {
  const found = config[list]?.find((item) => item.name === name);
  if (!found) throw new Error(`kubeconfig: ${list} has no entry named "${String(name)}"`);
  return (found[list.slice(0, -1)] ?? {}) as Entry;
}

/** The content of `<key>-data` in base64, or of the file that `<key>` names. */
function content(from: Entry, key: string): string | undefined {
  const data = from[`${key}-data`];
  if (typeof data === "string") return Buffer.from(data, "base64").toString();
  const file = from[key];
  return typeof file === "string" ? readFileSync(file, "utf8") : undefined;
}

function parsed(text: string): Kubeconfig {
  // A path may stand in place of the content.
  const source = /^\s*[/~.][^\n]*$/.test(text) ? readFileSync(text.trim(), "utf8") : text;
  const config: unknown = parse(source);
  if (typeof config !== "object" || config === null) throw new Error("failed to parse kubeconfig: not a mapping");
  return config as Kubeconfig;
}

/** The cluster entry of the context in use, as a value to compare; `undefined` when there is none. */
export function activeCluster(text: string, contextName?: string, clusterName?: string): unknown {
  try {
    const config = parsed(text);
    const context = entry(config, "contexts", contextName ?? config["current-context"]);
    return entry(config, "clusters", clusterName ?? context["cluster"]);
  } catch {
    return undefined;
  }
}

/** Reads a kubeconfig, given as its text or as the path of a file. */
export function readKubeconfig(text: string, contextName?: string): ClusterAccess {
  const config = parsed(text);
  const context = entry(config, "contexts", contextName ?? config["current-context"]);
  const cluster = entry(config, "clusters", context["cluster"]);
  const user = entry(config, "users", context["user"]);
  if (typeof cluster["server"] !== "string") throw new Error("kubeconfig: the cluster has no server");
  const [ca, cert, key] = [
    content(cluster, "certificate-authority"),
    content(user, "client-certificate"),
    content(user, "client-key"),
  ];
  const servername = cluster["tls-server-name"];
  return {
    server: cluster["server"].replace(/\/+$/, ""),
    namespace: typeof context["namespace"] === "string" ? context["namespace"] : "default",
    tls: {
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
      ...(typeof servername === "string" ? { servername } : {}),
      rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
    },
    token: typeof user["token"] === "string" ? user["token"] : undefined,
  };
}
