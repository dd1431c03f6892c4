/** Turns the stand-ins' sources into single executables. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repoDir } from "../paths";
import { pinned } from "../binaries/recipes";

const SOURCES = join(repoDir, "lab", "engine", "standins");

/** The plugins that are stood in for, in the versions that the SDK packages of package.json ask for. */
export const PLUGINS = { command: "1.2.1", tls: "5.6.1", random: "4.21.2", kubernetes: "4.34.2" } as const;

/** Loaded into the program by the language host. */
const COMPILE_CACHE = "compile-cache";

/** The CLI's version without the `v`. */
export const cliVersion = pinned.pulumi.replace(/^v/, "");

/**
 * Starts a stand-in from V8's code cache, which saves a fifth of a second of compilation in each process and run.
 * The cache is made by the first start; one of another Node version is refused by V8 and made anew.
 */
function launcher(bundle: string, name: string): string {
  return `#!/usr/bin/env node
// Stand-in for ${name}, made by lab/engine of this project. It is not the official program.
"use strict";
const fs = require("node:fs");
const { Script } = require("node:vm");
const file = require("node:path").join(__dirname, "${bundle}");
const cache = file + "." + process.version + ".cache";
let cachedData;
try { cachedData = fs.readFileSync(cache); } catch {}
const source = fs.readFileSync(file, "utf8");
const script = new Script("(function (exports, require, module, __filename, __dirname) {" + source + "\\n})", { filename: file, cachedData });
script.runInThisContext()({}, require, { exports: {} }, file, __dirname);
if (!cachedData || script.cachedDataRejected) setTimeout(() => {
  const temporary = cache + "." + process.pid;
  try { fs.writeFileSync(temporary, script.createCachedData()); fs.renameSync(temporary, cache); } catch {}
}, 500).unref();
`;
}

function folder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

function write(into: string, name: string, bundle: string): void {
  writeFileSync(join(folder(into), `${name}.js`), bundle);
  writeFileSync(join(into, name), launcher(`${name}.js`, name));
  chmodSync(join(into, name), 0o755);
}

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts")) yield path;
  }
}

/** Changes with everything that the executables are made of. */
export function bundleKey(): string {
  const hash = createHash("sha256");
  for (const file of [...sourceFiles(SOURCES), __filename])
    hash.update(file.slice(repoDir.length)).update(readFileSync(file));
  hash.update(readFileSync(join(repoDir, "package-lock.json")));
  return hash.digest("hex").slice(0, 12);
}

/** Writes the language host beside the CLI and the plugins where the engine looks for them. */
export async function bundleStandins(home: string): Promise<void> {
  const { build } = await import("esbuild");
  const names = ["language-nodejs", COMPILE_CACHE, ...Object.keys(PLUGINS)];
  const result = await build({
    entryPoints: names.map((name) => join(SOURCES, `${name}.ts`)),
    outdir: home,
    write: false,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    keepNames: true,
    logLevel: "silent",
    // Native parts that ssh2 does without.
    external: ["*.node", "cpu-features"],
  });
  for (const { path, text } of result.outputFiles) {
    const name = path.slice(dirname(path).length + 1, -".js".length);
    const version = (PLUGINS as Record<string, string>)[name];
    if (name === COMPILE_CACHE) writeFileSync(join(folder(binDir(home)), `${name}.js`), text);
    else if (version === undefined) write(binDir(home), `pulumi-${name}`, text);
    else write(join(home, "plugins", `resource-${name}-v${version}`), `pulumi-resource-${name}`, text);
  }
}

/** Where the npm wrapper `pulumi` looks for the CLI of a version. */
export function binDir(home: string): string {
  return join(home, "versions", cliVersion, "bin");
}
