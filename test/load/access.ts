/** How the load reaches a cluster, read from a kubeconfig. */
import { parse } from "yaml";

import { LabError } from "../../lab/error";

/** An API endpoint and what both sides prove themselves with. */
export interface Access {
  host: string;
  port: number;
  /** PEM, all three. */
  ca: string;
  cert: string;
  key: string;
}

interface Kubeconfig {
  clusters?: { cluster: { server?: string; "certificate-authority-data"?: string } }[];
  users?: { user: { "client-certificate-data"?: string; "client-key-data"?: string } }[];
}

/** The only cluster and user of a kubeconfig that holds everything inside it; `endpoint` replaces its server. */
export function accessOf(kubeconfig: string, endpoint?: string): Access {
  const { clusters, users } = parse(kubeconfig) as Kubeconfig;
  const cluster = clusters?.[0]?.cluster;
  const user = users?.[0]?.user;
  const url = new URL(endpoint ?? needed("server", cluster?.server));
  return {
    host: url.hostname,
    port: Number(url.port || 443),
    ca: pem("certificate-authority-data", cluster?.["certificate-authority-data"]),
    cert: pem("client-certificate-data", user?.["client-certificate-data"]),
    key: pem("client-key-data", user?.["client-key-data"]),
  };
}

function pem(key: string, value: string | undefined): string {
  return Buffer.from(needed(key, value), "base64").toString("utf8");
}

function needed(key: string, value: string | undefined): string {
  if (value) return value;
  throw new LabError(
    `The kubeconfig has no ${key}.`,
    "Give one with its certificates inside, as the stack outputs it.",
  );
}
