/** The official release sites, where they can be reached: the same executables as from a build, minutes sooner. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { architecture, ensureDebianPackages } from "../debian";
import { LabError } from "../error";
import { cacheDir } from "../paths";
import { run } from "../sh";
import { executablesOf } from "./recipe";
import type { Recipe } from "./recipe";

/** Where releases are published. */
export interface Sites {
  kubernetes: string;
  etcd: string;
  containerd: string;
}

export const upstream: Sites = {
  kubernetes: "https://dl.k8s.io/release",
  etcd: "https://github.com/etcd-io/etcd/releases/download",
  containerd: "https://github.com/containerd/containerd/releases/download",
};

/** One file of a release and where its SHA-256 is listed. */
export interface Download {
  url: string;
  sumUrl: string;
  /** Path of each executable inside, when the file is an archive: executable → path. */
  members?: Record<string, string>;
}

/** What has to be fetched for a recipe; undefined when its project publishes no such executables. */
export function downloadsOf(recipe: Recipe, arch: string, sites: Sites = upstream): Download[] | undefined {
  const { version } = recipe;
  const programs = executablesOf(recipe);
  switch (recipe.name) {
    case "kubernetes":
      return programs.map((name) => {
        const url = `${sites.kubernetes}/${version}/bin/linux/${arch}/${name}`;
        return { url, sumUrl: `${url}.sha256` };
      });
    case "etcd": {
      const folder = `etcd-${version}-linux-${arch}`;
      const members = Object.fromEntries(programs.map((name) => [name, `${folder}/${name}`]));
      const base = `${sites.etcd}/${version}`;
      return [{ url: `${base}/${folder}.tar.gz`, sumUrl: `${base}/SHA256SUMS`, members }];
    }
    case "containerd": {
      const url = `${sites.containerd}/${version}/containerd-${version.slice(1)}-linux-${arch}.tar.gz`;
      const members = Object.fromEntries(programs.map((name) => [name, `bin/${name}`]));
      return [{ url, sumUrl: `${url}.sha256sum`, members }];
    }
    default:
      return undefined;
  }
}

/** Names the folder of downloaded executables. */
export function officialKey(recipe: Recipe, arch: string): string {
  const urls = (downloadsOf(recipe, arch) ?? []).map((download) => download.url);
  return `official-${createHash("sha256").update(JSON.stringify(urls)).digest("hex").slice(0, 8)}`;
}

/** Whether to download: `LAB_SOURCES=official` or `build` decides; by default (`auto`) each release is probed once a day. */
export async function useOfficial(recipe: Recipe): Promise<boolean> {
  const downloads = downloadsOf(recipe, architecture());
  const choice = sources();
  if (!downloads?.[0] || choice === Sources.Build) return false;
  return choice === Sources.Official || reachable(downloads[0].sumUrl);
}

/** The values of LAB_SOURCES. */
export enum Sources {
  Auto = "auto",
  Official = "official",
  Build = "build",
}

/** What LAB_SOURCES says; `auto` without it. */
export function sources(env: NodeJS.ProcessEnv = process.env): Sources {
  const choice = env.LAB_SOURCES || Sources.Auto;
  const known = Object.values(Sources).find((value) => value === (choice as Sources));
  if (known) return known;
  throw new LabError(`LAB_SOURCES=${choice} is not known.`, "Set it to official, build or auto, or leave it out.");
}

/** Today's answers: URL → whether it could be fetched. */
interface Memory {
  day?: string;
  answers?: Record<string, boolean>;
}

const memoryFile = () => cacheDir("official-sites.json");

/** Whether a small file of a release can be fetched within 3 s; the answer holds for the day. */
export async function reachable(url: string, file = memoryFile()): Promise<boolean> {
  const known = (await readMemory(file))[url];
  if (known !== undefined) return known;
  // Fetched whole and judged by its status: a proxy that forbids a site answers as well.
  const args = ["--silent", "--fail", "--location", "--max-time", "3", "--output", "/dev/null", url];
  const answer = await run("curl", args, { limit: 10, anyExit: true }).catch(() => undefined);
  await remember(url, answer?.code === 0, file);
  return answer?.code === 0;
}

/** Remembers for the day whether a release can be fetched. */
export async function remember(url: string, answer: boolean, file = memoryFile()): Promise<void> {
  const memory: Memory = { day: today(), answers: { ...(await readMemory(file)), [url]: answer } };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(memory));
}

/** After a failed download: what was taken for reachable is built for the rest of the day. */
export async function giveUp(recipe: Recipe): Promise<void> {
  for (const { sumUrl } of downloadsOf(recipe, architecture()) ?? []) await remember(sumUrl, false);
}

async function readMemory(file: string): Promise<Record<string, boolean>> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  try {
    const memory = JSON.parse(text) as Memory;
    return memory.day === today() ? (memory.answers ?? {}) : {};
  } catch {
    // Cut off while it was written.
    return {};
  }
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Downloads a recipe's executables into a folder, each file checked against its published SHA-256. */
export async function downloadRelease(
  recipe: Recipe,
  arch: string,
  dir: string,
  sites: Sites = upstream,
): Promise<void> {
  await ensureDebianPackages(["curl"]);
  for (const { url, sumUrl, members } of downloadsOf(recipe, arch, sites) ?? []) {
    const name = basename(url);
    const file = join(dir, name);
    await fetchFile(url, file);
    await fetchFile(sumUrl, `${file}.sum`);
    await assertSum(file, await readFile(`${file}.sum`, "utf8"), url);
    await rm(`${file}.sum`);
    if (!members) continue;
    for (const [program, path] of Object.entries(members)) {
      const strip = String(path.split("/").length - 1);
      await run("tar", ["-xzf", file, "-C", dir, `--strip-components=${strip}`, path], { limit: 300 });
      if (basename(path) !== program) throw new LabError(`${url}: ${path} is not ${program}.`, "Mend the recipe.");
    }
    await rm(file);
  }
}

async function fetchFile(url: string, file: string): Promise<void> {
  const args = ["--fail", "--silent", "--show-error", "--location", "--retry", "3", "--connect-timeout", "10"];
  await run("curl", [...args, "--output", file, url], {
    limit: 1800,
    fix: "The official site did not deliver it: LAB_SOURCES=build builds it from Go modules instead.",
  });
}

/** Finds the sum for the file in a list (`SUM  name` lines) or in a file that is only the sum. */
export function listedSum(list: string, name: string): string | undefined {
  const lines = list.split("\n").map((line) => line.trim().split(/\s+\*?/));
  const line =
    lines.find(([, file]) => file !== undefined && basename(file) === name) ?? lines.find((l) => l.length === 1);
  return line?.[0] && /^[0-9a-f]{64}$/.test(line[0]) ? line[0] : undefined;
}

async function assertSum(file: string, list: string, url: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const found = hash.digest("hex");
  const wanted = listedSum(list, basename(file));
  if (found === wanted) return;
  throw new LabError(
    `${url} has the SHA-256 ${found}, published is ${wanted ?? "none that could be read"}.`,
    "Something on the way changed the file: do not use it. LAB_SOURCES=build builds it from Go modules instead.",
  );
}
