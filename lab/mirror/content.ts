/** What a mirror host serves: made once for a set of versions, kept in the cache by content. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { copyFile, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { binariesDir, ensureBinaries } from "../binaries/build";
import { agnhost, cniFlannel, containerd, coredns, etcd, flannel, kubernetes, pause } from "../binaries/recipes";
import { architecture, ensureDebianPackages } from "../debian";
import { rootfsDir } from "../fleet/rootfs";
import { ensureFolder } from "../folder";
import { withLock } from "../lock";
import { cacheDir, knownLabs, labDir } from "../paths";
import { step } from "../say";
import { ensureArchiveKey, indexRepository, writePublicKey } from "./apt";
import { packEtcd } from "./archives";
import { debianRelease, downloadHostPackages, sourcePackages, unpackDeb, unpackSourcePackages } from "./debian-archive";
import { hostPackages } from "./debian-archive";
import { packDeb } from "./debs";
import { fillRegistry } from "./image-set";
import { cniPackage, containerdPackage, kubernetesPackages } from "./packages";
import { pauseTag, rememberServed, wantedRecipes, wantedVersions } from "./wanted";
import type { Further, Wanted } from "./wanted";

/** The folders that the mirror host serves. */
export interface MirrorContent {
  /** Served by HTTP on port 80: `apt/`, `etcd/`. */
  www: string;
  /** Storage of the registry on port 5000. */
  registry: string;
}

/** Longest time that another run may take to make the same content. */
const CONTENT_LIMIT_S = 4 * 3600;
const DAY_MS = 24 * 3600 * 1000;

/**
 * The content of a lab's mirror: what its stack file names, what `further` adds and what it served before. Leaves the
 * archive's public key and the etcd archives' sums in the lab's state, where its stack file names them.
 */
export async function ensureMirrorContent(lab: string, further: Further = {}): Promise<MirrorContent> {
  const wanted = wantedVersions(lab, further);
  const dir = await ensureContent(wanted);
  const state = labDir(lab, "mirror");
  await mkdir(state, { recursive: true });
  await writePublicKey(await readFile(join(dir, "archive-key.asc"), "utf8"), join(state, "archive-key.asc"));
  await copyFile(join(dir, "etcd-sha256.json"), join(state, "etcd-sha256.json"));
  await writeFile(join(state, "content"), `${basename(dir)}\n`);
  rememberServed(lab, wanted);
  await removeUnused();
  return { www: join(dir, "www"), registry: join(dir, "registry") };
}

/** The folder with the content for a set of versions, made when it is absent. */
export async function ensureContent(wanted: Wanted): Promise<string> {
  const rootfs = await rootfsDir();
  const recipes = wantedRecipes(wanted);
  const folders = await Promise.all(recipes.map(async (recipe) => basename(await binariesDir(recipe))));
  const dir = cacheDir("mirror", digest([wanted, folders, basename(rootfs), architecture(), sourceDigest()]));
  if (existsSync(dir)) return dir;
  const lock = { purpose: "making a mirror's content", limit: CONTENT_LIMIT_S };
  return withLock(cacheDir("locks", "mirror"), lock, async () => {
    await ensureDebianPackages(["apt-utils", "gnupg", "zstd"]);
    for (const recipe of recipes) await ensureBinaries(recipe);
    return ensureFolder(dir, (unfinished) => makeContent(wanted, rootfs, unfinished));
  });
}

async function makeContent(wanted: Wanted, rootfs: string, dir: string): Promise<void> {
  // What is packed takes its permissions from the folders that are made here, whatever the user's own habit is.
  process.umask(0o022);
  const debian = await ensureDebianFolder(rootfs);
  const apt = join(dir, "www", "apt");
  await mkdir(join(apt, "pool"), { recursive: true });
  await step("packing the mirror's packages", async () => {
    await linkFiles(join(debian, "hosts"), join(apt, "pool"));
    await packAll(wanted, debian, rootfs, join(apt, "pool"));
    const { keyFile, publicKey } = await ensureArchiveKey();
    await writeFile(join(dir, "archive-key.asc"), publicKey);
    await indexRepository(apt, keyFile);
  });
  await step("packing etcd's archives", async () => {
    const sums: Record<string, string> = {};
    for (const version of wanted.etcdVersions) {
      const [key, sum] = await packEtcd(version, await ensureBinaries(etcd(version)), join(dir, "www"));
      sums[key] = sum;
    }
    await writeFile(join(dir, "etcd-sha256.json"), `${JSON.stringify(sums, null, 2)}\n`);
  });
  await step("packing the mirror's images", async () => {
    const images = await fillRegistry(await imageSources(wanted, debian, rootfs), join(dir, "registry"));
    await writeFile(join(dir, "images.json"), `${JSON.stringify(images, null, 2)}\n`);
  });
}

/** Debian's packages: the same for all versions of everything else, and the only part that needs the network. */
async function ensureDebianFolder(rootfs: string): Promise<string> {
  const source = readFileSync(join(__dirname, "debian-archive.ts"), "utf8");
  const dir = cacheDir("mirror", `debian-${digest([hostPackages, sourcePackages, basename(rootfs), source])}`);
  return ensureFolder(dir, (unfinished) =>
    step("fetching Debian's packages", async () => {
      await mkdir(join(unfinished, "hosts"));
      await downloadHostPackages(rootfs, join(unfinished, "hosts"));
      await unpackSourcePackages(rootfs, join(unfinished, "sources"));
      // Their programs go into images as well.
      for (const name of await readdir(join(unfinished, "hosts"))) {
        await unpackDeb(join(unfinished, "hosts", name), join(unfinished, "unpacked"));
      }
    }),
  );
}

async function packAll(wanted: Wanted, debian: string, rootfs: string, pool: string): Promise<void> {
  const plugins = join(debian, "sources", "containernetworking-plugins", "usr/lib/cni");
  const runc = join(debian, "sources", "runc", "usr/sbin/runc");
  const release = await debianRelease(rootfs);
  const specs = [cniPackage(Object.fromEntries((await readdir(plugins)).map((name) => [name, join(plugins, name)])))];
  for (const version of wanted.kubernetesVersions) {
    specs.push(...kubernetesPackages(version, await ensureBinaries(kubernetes(version))));
  }
  for (const version of wanted.containerdVersions) {
    specs.push(containerdPackage(version, await ensureBinaries(containerd(version)), runc, release));
  }
  for (const spec of specs) await packDeb(spec, pool);
}

async function imageSources(
  wanted: Wanted,
  debian: string,
  rootfs: string,
): Promise<Parameters<typeof fillRegistry>[0]> {
  return {
    kubernetes: await folders(wanted.kubernetesVersions, (version) => ensureBinaries(kubernetes(version))),
    flannel: await folders(wanted.flannelVersions, (version) => ensureBinaries(flannel(version))),
    pause: await folders(wanted.kubernetesVersions.map(pauseTag), (tag) => ensureBinaries(pause(tag))),
    agnhost: await ensureBinaries(agnhost()),
    coredns: await ensureBinaries(coredns()),
    cniFlannel: await ensureBinaries(cniFlannel()),
    busybox: join(debian, "sources", "busybox-static", "usr/bin/busybox"),
    roots: [join(debian, "unpacked"), rootfs],
  };
}

async function folders(names: string[], folder: (name: string) => Promise<string>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of names) found[name] = await folder(name);
  return found;
}

async function linkFiles(from: string, into: string): Promise<void> {
  for (const name of await readdir(from)) await copyFile(join(from, name), join(into, name));
}

/**
 * Removes content that no lab serves, and Debian's packages that content was made from, when they are old enough that
 * no run can still be using them.
 */
export async function removeUnused(): Promise<void> {
  const used = new Set(knownLabs().map(servedContent));
  for (const name of await readdir(cacheDir("mirror"))) {
    const days = /^[0-9a-f]{16}$/.test(name) ? 1 : /^debian-[0-9a-f]{16}$/.test(name) ? 7 : Infinity;
    const path = cacheDir("mirror", name);
    if (used.has(name)) continue;
    // Another run may be removing it as well.
    const made = (await stat(path).catch(() => undefined))?.mtimeMs ?? Infinity;
    if (Date.now() - made < days * DAY_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}

function servedContent(lab: string): string | undefined {
  const file = labDir(lab, "mirror", "content");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

/** Changes when the code that makes the content does. */
function sourceDigest(): string {
  const names = readdirSync(__dirname, { recursive: true, encoding: "utf8" }).filter(
    (name) => !name.endsWith(".test.ts"),
  );
  const files = names.filter((name) => name.includes(".")).sort();
  return digest(files.map((name) => [name, readFileSync(join(__dirname, name), "utf8")]));
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
