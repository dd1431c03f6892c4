/** Programs of Debian packages with the shared libraries that they load, collected into a tree of their own. */
import { existsSync } from "node:fs";
import { copyFile, mkdir, realpath } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { LabError } from "../error";
import { run } from "../sh";

/**
 * Copies files into `into`, at the same paths, with every library that they need.
 * `roots` are folders that are searched in order: unpacked packages first, the hosts' root file system last.
 */
export async function copyWithLibraries(paths: string[], roots: string[], into: string): Promise<void> {
  const loader = await findLoader(roots);
  const libraryFolders = await Promise.all(roots.map(libraryFolder));
  const libraryPath = libraryFolders.filter((folder) => folder !== undefined).join(":");
  const wanted = new Map<string, string>([[loaderPath(), loader]]);
  for (const path of paths) {
    const source = find(path, roots);
    wanted.set(path, source);
    const listed = await run(loader, ["--library-path", libraryPath, "--list", source], { anyExit: true });
    for (const library of parseLibraries(listed.stdout, path)) {
      const root = roots.find((folder) => library.startsWith(`${folder}/`));
      // The loader lists itself by the path in the program, which is the machine's.
      if (root) wanted.set(`/${relative(root, library)}`, library);
    }
  }
  for (const [path, source] of wanted) {
    const target = join(into, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(await realpath(source), target);
  }
}

/** The libraries in the dynamic loader's list: `libc.so.6 => /lib/…/libc.so.6 (0x…)`. */
export function parseLibraries(list: string, program: string): string[] {
  const missing = /^\s*(\S+) => not found/m.exec(list)?.[1];
  if (missing) {
    throw new LabError(
      `${program} needs ${missing}, which is in none of the packages that were collected.`,
      "Add the package that has it to lab/mirror/debian-archive.ts.",
    );
  }
  return [...list.matchAll(/=> (\/\S+) \(0x/g)].map((match) => match[1]!);
}

/** The file behind a path in the first of the folders that has it. */
export function find(path: string, roots: string[]): string {
  const found = roots.map((root) => join(root, path)).find((candidate) => existsSync(candidate));
  if (found) return found;
  throw new LabError(
    `${path} is in none of ${roots.join(", ")}.`,
    "Add the package that has it to lab/mirror/debian-archive.ts.",
  );
}

/** Where programs expect the dynamic loader. */
function loaderPath(): string {
  return process.arch === "arm64" ? "/usr/lib/ld-linux-aarch64.so.1" : "/usr/lib64/ld-linux-x86-64.so.2";
}

async function findLoader(roots: string[]): Promise<string> {
  return realpath(find(loaderPath(), roots));
}

/** `/usr/lib/x86_64-linux-gnu` below a root. */
async function libraryFolder(root: string): Promise<string | undefined> {
  const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  const folder = join(root, "usr/lib", triplet);
  return existsSync(folder) ? folder : undefined;
}
