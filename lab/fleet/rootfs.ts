/** The hosts' root file system, made once by debootstrap, and the images that docker runs. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { join, relative } from "node:path";
import { architecture, debianMirror, ensureDebianPackages } from "../debian";
import { LabError } from "../error";
import { ensureFolder } from "../folder";
import { withLock } from "../lock";
import { cacheDir } from "../paths";
import { step } from "../say";
import { run } from "../sh";
import { docker, ensureDocker } from "./dockerd";
import { findPrograms } from "./programs";

const RECIPES = join(__dirname, "image");
const NEEDED_GB = 15;

/** What a host of the fleet is started from. */
export enum Image {
  /** A bare Debian with SSH. */
  Host = "host",
  /** The same with nginx and a container registry. */
  Mirror = "mirror",
}

/** The unpacked root file system of a bare host, in the cache. Read only for its users: copy or overlay it. */
export async function rootfsDir(): Promise<string> {
  const dir = cacheDir("rootfs", recipeKey(Image.Host));
  if (existsSync(dir)) return dir;
  return withLock(`${dir}.lock`, { purpose: "making the hosts' root file system", limit: 1800 }, async () => {
    if (existsSync(dir)) return dir;
    await checkFreeSpace();
    if (!findPrograms("debootstrap").length) await ensureDebianPackages(["debootstrap"]);
    const archive = await debianMirror();
    return step("making the hosts' root file system (debootstrap)", (progress) =>
      ensureFolder(dir, async (unfinished) => {
        await inOwnMounts("host.sh", [unfinished, archive], progress);
      }),
    );
  });
}

/** The image's name in docker; another recipe has another name. */
export function imageName(image: Image): string {
  return `kubeadm-ha/${image}:${recipeKey(image)}`;
}

/** Imports the image when docker does not have it; returns its name. */
export async function ensureImage(image: Image): Promise<string> {
  const name = imageName(image);
  const known = await docker(["image", "inspect", "--format", "{{.Id}}", name], { anyExit: true });
  if (known.code === 0) return name;
  const rootfs = await rootfsDir();
  await withLock(cacheDir("rootfs", `${image}.lock`), { purpose: `importing the image ${name}`, limit: 900 }, () =>
    step(`making the image ${name}`, async (progress) => {
      if (image === Image.Host) return importImage(rootfs, name);
      const copy = await mkdtemp(cacheDir("rootfs", "mirror-"));
      try {
        await run("cp", ["-a", "--reflink=auto", `${rootfs}/.`, copy], { limit: 300 });
        await inOwnMounts("mirror.sh", [copy, await debianMirror()], progress);
        await importImage(copy, name);
      } finally {
        await rm(copy, { recursive: true, force: true });
      }
    }),
  );
  return name;
}

/** Says so before anything is built when the disk is too full for it. */
async function checkFreeSpace(): Promise<void> {
  const { bavail, bsize } = await statfs(existing(cacheDir()));
  const free = (bavail * bsize) / 1e9;
  if (free >= NEEDED_GB) return;
  throw new LabError(
    `The lab needs ${NEEDED_GB} GB of free disk under ${cacheDir()} to build; ${free.toFixed(1)} GB are free.`,
    "Free some, or set XDG_CACHE_HOME to a folder on a larger disk.",
  );
}

/** The mounts that the scripts make end with them, however they end. */
async function inOwnMounts(script: string, args: string[], progress: (line: string) => void): Promise<void> {
  const proxy = /='(.+)'/.exec((await run("apt-config", ["shell", "PROXY", "Acquire::http::Proxy"])).stdout)?.[1];
  await run("unshare", ["--mount", "--propagation", "private", "bash", join(RECIPES, script), ...args], {
    limit: 1800,
    env: proxy ? { http_proxy: proxy } : {},
    onLine: progress,
    fix: "See the message above; this machine's apt sources must be reachable.",
  });
}

/** A pipe between two programs: the archive never touches the disk. */
async function importImage(folder: string, name: string): Promise<void> {
  const engine = await ensureDocker();
  const pipe =
    'tar --numeric-owner --xattrs --xattrs-include="*" -C "$1" -c . | "$2" --host "$3" import -c "$4" - "$5"';
  const init = 'CMD ["/sbin/init"]';
  await run("bash", ["-o", "pipefail", "-c", pipe, "import", folder, engine.client, engine.host, init, name], {
    limit: 600,
  });
}

/** Changes whenever a file that goes into the image does. */
export function recipeKey(image: Image): string {
  const names = image === Image.Host ? ["host"] : ["host", "mirror"];
  const files = names.flatMap((name) => [join(RECIPES, `${name}.sh`), ...filesUnder(join(RECIPES, name))]);
  const hash = createHash("sha256").update(architecture());
  for (const file of files) hash.update(`\0${relative(RECIPES, file)}\0`).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .sort();
}

function existing(path: string): string {
  return existsSync(path) ? path : existing(join(path, ".."));
}
