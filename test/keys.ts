/** Keys of a made-up cluster, as its control planes hold them. */
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";

import { makeAuthority } from "./certificates";

/** A new set at every call, in a folder. */
export async function keyFiles(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [name, subject] of [
    ["ca", "kubernetes"],
    ["front-proxy-ca", "front-proxy-ca"],
    ["etcd/ca", "etcd-ca"],
    ["sa", "service-account"],
  ] as const) {
    const pair = await makeAuthority(folder, subject);
    files.set(`${name}.key`, readFileSync(pair.key, "utf8"));
    files.set(`${name}.crt`, readFileSync(pair.certificate, "utf8"));
  }
  files.delete("sa.crt");
  files.set("sa.pub", createPublicKey(files.get("sa.key")!).export({ type: "spki", format: "pem" }) as string);
  return files;
}
