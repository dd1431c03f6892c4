/**
 * Fills a registry's storage: the folder layout that docker-registry has kept since its version 2, written as it is,
 * without a server to push to. Blobs are hard links, so that an image costs its size once, however many hold it.
 */
import { copyFile, link, mkdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { imageDocuments } from "./images";
import type { Image } from "./images";

/** Adds an image to the storage folder; its layers are taken from `<blobs>/<digest>`. */
export async function addImage(storage: string, image: Image, blobs: string, arch: string): Promise<string> {
  const { config, manifest } = imageDocuments(image, arch);
  for (const layer of image.layers) await linkBlob(storage, layer.digest, join(blobs, layer.digest));
  for (const { digest, text } of [config, manifest]) await writeBlob(storage, digest, text);
  const repository = join(root(storage), "repositories", image.repository);
  for (const { digest } of [...image.layers, config]) {
    await writeLink(join(repository, "_layers", "sha256", digest), digest);
  }
  await writeLink(join(repository, "_manifests", "revisions", "sha256", manifest.digest), manifest.digest);
  const tag = join(repository, "_manifests", "tags", image.tag);
  await writeLink(join(tag, "index", "sha256", manifest.digest), manifest.digest);
  await writeLink(join(tag, "current"), manifest.digest);
  return manifest.digest;
}

/** Where the storage keeps a blob. */
export function blobPath(storage: string, digest: string): string {
  return join(root(storage), "blobs", "sha256", digest.slice(0, 2), digest, "data");
}

function root(storage: string): string {
  return join(storage, "docker", "registry", "v2");
}

async function writeBlob(storage: string, digest: string, text: string): Promise<void> {
  const path = blobPath(storage, digest);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function linkBlob(storage: string, digest: string, from: string): Promise<void> {
  const path = blobPath(storage, digest);
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  // Another file system has no hard links to this one: then it costs a copy.
  await link(from, path).catch(() => copyFile(from, path));
}

async function writeLink(folder: string, digest: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "link"), `sha256:${digest}`);
}
