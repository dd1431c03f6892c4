/** etcd's release archives, laid out as upstream's. */
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { architecture } from "../debian";
import { run } from "../sh";
import { fileBlob, reproducible } from "./layers";
import { versionNumbers } from "./packages";

/** Packs `etcd/v3.6.16/etcd-v3.6.16-linux-amd64.tar.gz` below `www`; returns its key and SHA-256. */
export async function packEtcd(version: string, binaries: string, www: string): Promise<[key: string, sha256: string]> {
  const numbers = versionNumbers(version);
  const folder = `etcd-v${numbers}-linux-${architecture()}`;
  const work = await mkdtemp(join(tmpdir(), "kha-etcd-"));
  try {
    await mkdir(join(work, folder));
    for (const name of ["etcd", "etcdctl", "etcdutl"]) await copyFile(join(binaries, name), join(work, folder, name));
    const tar = join(work, `${folder}.tar`);
    await run("tar", [...reproducible, "--mode=0755", "--directory", work, "--create", "--file", tar, folder]);
    await run("gzip", ["-1", "-n", tar]);
    const into = join(www, "etcd", `v${numbers}`);
    await mkdir(into, { recursive: true });
    await copyFile(`${tar}.gz`, join(into, `${folder}.tar.gz`));
    return [`${numbers}-${architecture()}`, (await fileBlob(`${tar}.gz`)).digest];
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
