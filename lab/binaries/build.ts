/** Builds recipes with the ordinary Go client, once: the executables are kept in the cache by content. */
import { existsSync, statfsSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { architecture } from "../debian";
import { LabError } from "../error";
import { ensureFolder } from "../folder";
import { withLock } from "../lock";
import { cacheDir } from "../paths";
import { duration, say, step } from "../say";
import type { Progress } from "../say";
import { run } from "../sh";
import { downloadRelease, giveUp, officialKey, sources, Sources, useOfficial } from "./official";
import { executablesOf, goModOf, goName, parseStaging, recipeKey } from "./recipe";
import type { Recipe, Staging } from "./recipe";

/** Longest time that one recipe may take: Kubernetes from nothing on two busy cores is 20 minutes. */
const BUILD_LIMIT_S = 3 * 3600;
const GB = 1e9;

/**
 * The folder with a recipe's executables, `cache/bin/<name>-<version>-<key>`. Absent ones are downloaded where the
 * official release sites can be reached, and built otherwise. A build that was cut off goes on where it stopped, as Go
 * keeps every package that it compiled.
 */
export async function ensureBinaries(recipe: Recipe): Promise<string> {
  const dir = await binariesDir(recipe);
  if (existsSync(dir)) return dir;
  if (!(await useOfficial(recipe))) {
    return fillOnce(recipe, dir, "building", (into, progress) => build(recipe, into, progress));
  }
  try {
    return await fillOnce(recipe, dir, "downloading", (into) => downloadRelease(recipe, architecture(), into));
  } catch (error) {
    if (!(error instanceof LabError) || sources() === Sources.Official) throw error;
    say(`${error.problem}; building it instead`);
    await giveUp(recipe);
    return ensureBinaries(recipe);
  }
}

type Fill = (into: string, progress: Progress) => Promise<void>;

function fillOnce(recipe: Recipe, dir: string, verb: string, fill: Fill): Promise<string> {
  // Two builds at once would only share the processors: the second waits, and then often finds its work done.
  const lock = { purpose: "building the lab's binaries", limit: BUILD_LIMIT_S };
  return withLock(cacheDir("locks", "build"), lock, () =>
    ensureFolder(dir, async (unfinished) => {
      await step(`${verb} ${recipe.name} ${recipe.version}`, (progress) => fill(unfinished, progress));
      await prove(recipe, unfinished);
    }),
  );
}

/** Where a recipe's executables are, or will be. */
export async function binariesDir(recipe: Recipe): Promise<string> {
  const arch = architecture();
  const key = (await useOfficial(recipe)) ? officialKey(recipe, arch) : recipeKey(recipe, await goVersion(), arch);
  return cacheDir("bin", `${recipe.name}-${recipe.version}-${key}`);
}

/** Removes Go's build and module caches, which are of no use once everything wanted is built. The user's own stay. */
export async function dropBuildCaches(): Promise<void> {
  const dir = cacheDir("build");
  if (!existsSync(dir)) return;
  await withLock(cacheDir("locks", "build"), { purpose: "building the lab's binaries", limit: BUILD_LIMIT_S }, () =>
    step("dropping Go's build caches", async () => {
      // Go writes its module cache without write permission; only root may remove it as it is.
      if (process.getuid?.() !== 0) await run("chmod", ["-R", "u+w", dir], { limit: 600 });
      await rm(dir, { recursive: true, force: true });
    }),
  );
}

/** Go's settings for every command of a build. */
export function goEnv(): NodeJS.ProcessEnv {
  return {
    GOCACHE: cacheDir("build", "gocache"),
    GOMODCACHE: cacheDir("build", "gomod"),
    GOFLAGS: "-mod=mod -buildvcs=false",
    GOTOOLCHAIN: "local",
    GOWORK: "off",
    CGO_ENABLED: "0",
  };
}

async function build(recipe: Recipe, unfinished: string, progress: Progress): Promise<void> {
  assertDiskSpace(recipe);
  const module = cacheDir("build", "modules", `${recipe.name}-${recipe.version}`);
  await writeModule(recipe, module);
  for (const target of recipe.targets) {
    const total = await countPackages(target.packages, module, progress);
    await compile(target.packages, target.ldflags, { module, out: unfinished, total, progress });
  }
  for (const path of recipe.targets.flatMap((target) => target.packages)) {
    const from = goName(path);
    const to = recipe.rename[from] ?? from;
    if (from !== to) await rename(join(unfinished, from), join(unfinished, to));
  }
}

function assertDiskSpace(recipe: Recipe): void {
  let existing = cacheDir();
  while (!existsSync(existing)) existing = dirname(existing);
  const disk = statfsSync(existing);
  const free = (disk.bavail * disk.bsize) / GB;
  if (free >= recipe.diskGb) return;
  throw new LabError(
    `${existing} has ${free.toFixed(1)} GB free; building ${recipe.name} ${recipe.version} needs ${recipe.diskGb} GB.`,
    "Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.",
  );
}

/** Writes the module that the recipe is built in, and fetches what its go.mod is made from. */
async function writeModule(recipe: Recipe, module: string): Promise<void> {
  await rm(module, { recursive: true, force: true });
  await mkdir(module, { recursive: true });
  await writeFile(join(module, "go.mod"), goModOf(recipe, await readStaging(recipe)));
  for (const [path, text] of Object.entries(recipe.sources)) {
    await mkdir(dirname(join(module, path)), { recursive: true });
    await writeFile(join(module, path), text);
  }
}

async function readStaging(recipe: Recipe): Promise<Staging | undefined> {
  if (!recipe.replacesOf) return undefined;
  const { module, version } = recipe.replacesOf;
  const wanted = `${module}@${recipe.require[module]}`;
  const options = { env: goEnv(), cwd: cacheDir("build"), limit: 1800, fix: goFix };
  const answer = await run("go", ["mod", "download", "-json", wanted], options);
  const { GoMod } = JSON.parse(answer.stdout) as { GoMod: string };
  const staging = parseStaging((await run("cat", [GoMod])).stdout);
  if (staging.modules.length > 0) return staging;
  throw new LabError(
    `The go.mod of ${wanted} names no staging modules to replace by ${version}.`,
    "This version is laid out in another way: choose one of the versions that the README names.",
  );
}

const goFix = "Read Go's message above; GOPROXY (go env GOPROXY) must be reachable and serve this module.";

async function countPackages(packages: string[], module: string, progress: Progress): Promise<number> {
  progress("fetching modules");
  const onLine = (line: string) => line.startsWith("go: ") && progress(line.slice("go: ".length));
  const options = { env: goEnv(), cwd: module, limit: 3600, fix: goFix, onLine };
  const listed = await run("go", ["list", "-deps", ...packages], options);
  return listed.stdout.trim().split("\n").length;
}

interface Compilation {
  module: string;
  out: string;
  total: number;
  progress: Progress;
}

async function compile(
  packages: string[],
  ldflags: string,
  { module, out, total, progress }: Compilation,
): Promise<void> {
  const started = Date.now();
  let compiled = 0;
  progress(`${total} packages, all that are not in Go's cache are compiled`);
  const onLine = (line: string) => {
    // -v prints one import path a line, and only for packages that are not in Go's cache.
    if (/^[\w./~-]+$/.test(line)) compiled += 1;
    progress(`${compiled} of at most ${total} packages compiled, ${duration((Date.now() - started) / 1000)}`);
  };
  const args = ["build", "-v", "-trimpath", "-ldflags", ldflags, "-o", `${out}/`, ...packages];
  // If this process is killed, so is Go: the next run would otherwise share the processors with what is left of this one.
  await run("setpriv", ["--pdeathsig", "KILL", "go", ...args], {
    env: goEnv(),
    cwd: module,
    limit: BUILD_LIMIT_S,
    fix: goFix,
    onLine,
  });
}

/** Checks that every executable is there and that those which can tell their version tell the right one. */
async function prove(recipe: Recipe, dir: string): Promise<void> {
  const found = new Set(await readdir(dir));
  const absent = executablesOf(recipe).filter((name) => !found.has(name));
  if (absent.length > 0) throw new LabError(`${recipe.name} ${recipe.version} lacks ${absent.join(", ")}.`, goFix);
  for (const name of found) await chmod(join(dir, name), 0o755);
  for (const { command, expect } of recipe.proofs) {
    const [program, ...args] = command;
    const { stdout, stderr } = await run(join(dir, program!), args, { limit: 30 });
    if ((stdout + stderr).includes(expect)) continue;
    throw new LabError(
      `${command.join(" ")} printed ${JSON.stringify((stdout + stderr).trim().slice(0, 200))}, not ${JSON.stringify(expect)}.`,
      "The build does not carry its version: compare the recipe's ldflags with upstream's.",
    );
  }
}

let version: Promise<string> | undefined;

/** `go1.26.8`. */
function goVersion(): Promise<string> {
  version ??= run("go", ["env", "GOVERSION"], {
    env: { GOTOOLCHAIN: "local" },
    fix: "Install Go 1.26 or later and put it on PATH.",
  }).then((answer) => answer.stdout.trim());
  return version;
}
