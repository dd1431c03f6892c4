/** Kubeconfigs, judged by kubectl itself. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { binary } from "../../test/programs";
import { judge, scratch, write } from "../../test/scratch";
import { kubeconfig } from "./kubeconfig";

const folder = scratch();

const args = {
  clusterName: "dev",
  server: "https://10.77.0.10:8443",
  user: "system:node:cp1",
  ca: "-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n",
  certificate: "-----BEGIN CERTIFICATE-----\nleaf\n-----END CERTIFICATE-----\n",
  key: "-----BEGIN EC PRIVATE KEY-----\nkey\n-----END EC PRIVATE KEY-----\n",
};

interface View {
  "current-context": string;
  clusters: { name: string; cluster: Record<string, string> }[];
  users: { name: string; user: Record<string, string> }[];
  contexts: { name: string; context: { cluster: string; user: string } }[];
}

test("kubectl finds the server, the CA, the client's certificate and its key in it, and a context that joins them", async () => {
  const file = write(folder, "admin.conf", kubeconfig(args));
  const options = ["config", "view", "--raw", "--kubeconfig", file, "-o", "json"];
  const { ok, said } = await judge(await binary("kubernetes", "kubectl"), options);
  assert.ok(ok, said);
  const view = JSON.parse(said) as View;
  const context = view.contexts.find(({ name }) => name === view["current-context"])!.context;
  const { cluster } = view.clusters.find(({ name }) => name === context.cluster)!;
  const { user } = view.users.find(({ name }) => name === context.user)!;
  const text = (value: string | undefined) => Buffer.from(value ?? "", "base64").toString();
  assert.equal(context.user, args.user);
  assert.equal(cluster["server"], args.server);
  assert.equal(text(cluster["certificate-authority-data"]), args.ca);
  assert.equal(text(user["client-certificate-data"]), args.certificate);
  assert.equal(text(user["client-key-data"]), args.key);
  assert.equal(cluster["insecure-skip-tls-verify"], undefined);
});
