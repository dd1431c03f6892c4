/** Renders kubeconfigs. Pure. */
import { stringify } from "yaml";

export interface KubeconfigArgs {
  clusterName: string;
  /** `https://192.0.2.10:8443`. */
  server: string;
  user: string;
  /** PEM, all three. */
  ca: string;
  certificate: string;
  key: string;
}

/** A kubeconfig with everything inside it, one cluster, one user, one context. */
export function kubeconfig(args: KubeconfigArgs): string {
  const context = `${args.user}@${args.clusterName}`;
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        { name: args.clusterName, cluster: { server: args.server, "certificate-authority-data": base64(args.ca) } },
      ],
      users: [
        {
          name: args.user,
          user: { "client-certificate-data": base64(args.certificate), "client-key-data": base64(args.key) },
        },
      ],
      contexts: [{ name: context, context: { cluster: args.clusterName, user: args.user } }],
      "current-context": context,
    },
    { lineWidth: 0 },
  );
}

function base64(pem: string): string {
  return Buffer.from(pem, "utf8").toString("base64");
}
