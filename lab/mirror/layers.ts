/** Image layers: tar archives that depend on nothing but their content. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "../sh";
import { EPOCH } from "./debs";

/** A file by its content: what a registry calls a blob. */
export interface Blob {
  /** SHA-256, hexadecimal. */
  digest: string;
  size: number;
}

/** One layer of an image. */
export interface Layer extends Blob {
  mediaType: string;
  /** SHA-256 of the uncompressed archive: the same file here. */
  diffId: string;
}

/**
 * Packs a folder into `<blobs>/<digest>`, uncompressed: hosts pull over a bridge on the same machine, where inflating
 * costs more time than reading does.
 */
export async function packLayer(folder: string, blobs: string): Promise<Layer> {
  const file = join(blobs, `.layer-${process.pid}-${Math.random().toString(36).slice(2)}`);
  await run("tar", [...reproducible, "--directory", folder, "--create", "--file", file, "."], { limit: 300 });
  const { digest, size } = await fileBlob(file);
  await rename(file, join(blobs, digest));
  return { digest, size, diffId: digest, mediaType: "application/vnd.oci.image.layer.v1.tar" };
}

/** tar's options that leave out of an archive what differs from one run or machine to the next. */
export const reproducible = [
  "--format=ustar",
  "--sort=name",
  `--mtime=@${EPOCH}`,
  "--owner=0",
  "--group=0",
  "--numeric-owner",
];

export async function fileBlob(file: string): Promise<Blob> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return { digest: hash.digest("hex"), size: (await stat(file)).size };
}

export function textBlob(text: string): Blob {
  return { digest: createHash("sha256").update(text).digest("hex"), size: Buffer.byteLength(text) };
}
