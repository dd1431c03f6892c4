import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { run } from "../sh";
import { imageDocuments } from "./images";
import type { Image } from "./images";
import { planImages, Under } from "./image-set";
import { packLayer } from "./layers";
import { addImage, blobPath } from "./registry";

let dir = "";
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "kha-images-"));
  await mkdir(join(dir, "blobs"));
});
after(() => rm(dir, { recursive: true, force: true }));

const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

async function tree(name: string, order: string[], time: Date): Promise<string> {
  const path = join(dir, name);
  await mkdir(path);
  for (const file of order) await writeFile(join(path, file), `content of ${file}`);
  for (const file of order) await utimes(join(path, file), time, time);
  await chmod(path, 0o755);
  return path;
}

test("a layer depends on nothing but its content", async () => {
  const first = await packLayer(await tree("first", ["a", "b"], new Date(1e12)), join(dir, "blobs"));
  const second = await packLayer(await tree("second", ["b", "a"], new Date(1.5e12)), join(dir, "blobs"));
  const other = await packLayer(await tree("other", ["a", "c"], new Date(1e12)), join(dir, "blobs"));
  assert.deepEqual(second, first);
  assert.notEqual(other.digest, first.digest);
});

test("a layer's two digests are those of the stored and of the unpacked archive", async () => {
  const layer = await packLayer(await tree("digests", ["a"], new Date(1e12)), join(dir, "blobs"));
  const stored = join(dir, "blobs", layer.digest);
  assert.equal(sha256(await readFile(stored)), layer.digest);
  assert.equal((await stat(stored)).size, layer.size);
  await run("zstd", ["-d", "-q", stored, "-o", join(dir, "unpacked.tar")]);
  assert.equal(sha256(await readFile(join(dir, "unpacked.tar"))), layer.diffId);
});

const image: Image = {
  repository: "registry.k8s.io/pause",
  tag: "3.10.1",
  layers: [{ digest: "b".repeat(64), size: 7, diffId: "d".repeat(64), mediaType: "type" }],
  config: { entrypoint: ["/pause"], user: "65535:65535" },
};

test("an image's manifest names its configuration and layers by digest and size", () => {
  const { config, manifest } = imageDocuments(image, "amd64");
  const parsed = JSON.parse(manifest.text) as {
    config: { digest: string; size: number };
    layers: { digest: string; size: number }[];
  };
  assert.equal(manifest.digest, sha256(manifest.text));
  assert.deepEqual([parsed.config.digest, parsed.config.size], [`sha256:${sha256(config.text)}`, config.text.length]);
  assert.deepEqual([parsed.layers[0]?.digest, parsed.layers[0]?.size], [`sha256:${"b".repeat(64)}`, 7]);
  const { rootfs } = JSON.parse(config.text) as { rootfs: { diff_ids: string[] } };
  assert.deepEqual(rootfs.diff_ids, [`sha256:${"d".repeat(64)}`]);
});

test("an image's digest changes with how its process starts", () => {
  const other = { ...image, config: { ...image.config, user: "0:0" } };
  assert.notEqual(imageDocuments(other, "amd64").manifest.digest, imageDocuments(image, "amd64").manifest.digest);
});

test("two images share a layer's file in the registry's storage", async () => {
  const layer = await packLayer(await tree("shared", ["shared"], new Date(1e12)), join(dir, "blobs"));
  const storage = join(dir, "storage");
  for (const repository of ["one", "two"]) {
    await addImage(storage, { repository, tag: "v1", layers: [layer], config: {} }, join(dir, "blobs"), "amd64");
  }
  assert.equal((await stat(blobPath(storage, layer.digest))).nlink, 2, "one file, in the blobs and in the storage");
});

test("a mirror has the images that kubeadm and flannel pull for each version", () => {
  const plans = planImages({
    kubernetes: { "v1.35.4": "/k35", "v1.36.3": "/k36" },
    flannel: { "v0.28.4": "/flannel" },
    pause: { "3.10.1": "/p1", "3.10.2": "/p2" },
    agnhost: "/agnhost",
    coredns: "/coredns",
    cniFlannel: "/cni",
    busybox: "/busybox",
    roots: [],
  });
  const names = plans.map(({ repository, tag }) => `${repository}:${tag}`);
  for (const name of ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"]) {
    assert.ok(names.includes(`registry.k8s.io/${name}:v1.35.4`), name);
    assert.ok(names.includes(`registry.k8s.io/${name}:v1.36.3`), name);
  }
  for (const name of [
    "registry.k8s.io/pause:3.10.1",
    "registry.k8s.io/pause:3.10.2",
    "registry.k8s.io/coredns/coredns:v1.14.7",
    "ghcr.io/flannel-io/flannel:v0.28.4",
    "ghcr.io/flannel-io/flannel-cni-plugin:v1.8.0-flannel1",
  ]) {
    assert.ok(names.includes(name), name);
  }
  assert.equal(new Set(names).size, names.length);
  const needFilter = plans.filter((plan) => plan.over === Under.PacketFilter).map((plan) => plan.path);
  assert.deepEqual([...new Set(needFilter)], ["/usr/local/bin/kube-proxy", "/opt/bin/flanneld"]);
});
