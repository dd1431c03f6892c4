/** The files that a cluster cannot be rebuilt without, and their reading from a folder. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { KUBERNETES_PKI } from "../pki/paths";
import { AdoptError } from "./error";

/** Content by name, as in a backup: `ca.crt`, `etcd/ca.key`. */
export type KeyFiles = ReadonlyMap<string, string>;

/** Every control plane has the same, and they tell clusters apart. */
export const SHARED = ["ca.crt", "front-proxy-ca.crt", "etcd/ca.crt", "sa.pub"];

export const KEYS = ["ca.key", "front-proxy-ca.key", "etcd/ca.key", "sa.key"];

/** Where a file stands on a control plane. */
export function placeOf(name: string): string {
  return `${KUBERNETES_PKI}/${name}`;
}

/** A backup: laid out like /etc/kubernetes/pki. The public half of sa.key may be missing. */
export function readFolder(folder: string): KeyFiles {
  const files = new Map<string, string>();
  const missing: string[] = [];
  for (const name of [...SHARED, ...KEYS]) {
    try {
      files.set(name, readFileSync(join(folder, name), "utf8"));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (name !== "sa.pub" || code !== "ENOENT")
        missing.push(`${name} (from ${placeOf(name)}): ${code ?? "unreadable"}`);
    }
  }
  if (missing.length > 0) throw new AdoptError(`${folder} is not a whole backup of a control plane's keys`, missing);
  return files;
}
