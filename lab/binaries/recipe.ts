/** What is built from Go modules: plain data, turned into a go.mod and `go build` commands by `build.ts`. */
import { createHash } from "node:crypto";

/** One `go build` command. */
export interface Target {
  /** Package paths; each becomes one executable, named after the path. */
  packages: string[];
  /** Linker flags: `-s -w` and the version variables. */
  ldflags: string;
}

/** A command that proves an executable: it must end with 0 and print `expect`. */
export interface Proof {
  /** Program and arguments; the program is looked up in the recipe's own folder. */
  command: string[];
  expect: string;
}

/** One set of executables, built together. */
export interface Recipe {
  /** Part of the folder's name: `kubernetes`. */
  name: string;
  /** Upstream's version with its leading v: `v1.35.4`. */
  version: string;
  /** Version of the `go` line of our go.mod; a copied one (see `replacesOf`) wins. */
  go: string;
  /** Module → version. */
  require: Record<string, string>;
  /** Module → `other-module version`. */
  replace: Record<string, string>;
  /**
   * A module of `require` whose `replace X => ./staging/…` lines cannot be followed from outside: each becomes
   * `X => X version`, and its `go` and `godebug` lines are copied.
   */
  replacesOf?: { module: string; version: string };
  targets: Target[];
  /** Our own main packages: file name inside our module → text. */
  sources: Record<string, string>;
  /** Executables that Go names differently from upstream: Go's name → upstream's. */
  rename: Record<string, string>;
  proofs: Proof[];
  /** Free disk space that a build from nothing needs, in GB. */
  diskGb: number;
}

/** What another module's go.mod says about its staging modules. */
export interface Staging {
  go: string;
  godebug: string[];
  modules: string[];
}

/** The key of a recipe: changes whenever its executables would. */
export function recipeKey(recipe: Recipe, goVersion: string, arch: string): string {
  const { diskGb: _disk, proofs: _proofs, ...content } = recipe;
  return createHash("sha256")
    .update(JSON.stringify([sorted(content), goVersion, arch]))
    .digest("hex")
    .slice(0, 12);
}

/** The names of the executables, upstream's ones. */
export function executablesOf(recipe: Recipe): string[] {
  return recipe.targets.flatMap((target) => target.packages).map((path) => recipe.rename[goName(path)] ?? goName(path));
}

/** How `go build -o DIR/` names a package's executable: the last element that is not a major version. */
export function goName(packagePath: string): string {
  const elements = packagePath.split("/");
  const last = elements[elements.length - 1]!;
  return /^v[0-9]+$/.test(last) && elements.length > 1 ? elements[elements.length - 2]! : last;
}

/** Reads the staging modules out of a go.mod's text. */
export function parseStaging(goMod: string): Staging {
  const go = /^go (\S+)$/m.exec(goMod)?.[1];
  if (!go) throw new Error("the module's go.mod has no `go` line: its format is not understood");
  const modules = [...goMod.matchAll(/^\s*(?:replace\s+)?(\S+) => \.\/staging\/\S+$/gm)].map((match) => match[1]!);
  const line = [...goMod.matchAll(/^godebug ([^\s(]+)$/gm)].map((match) => match[1]!);
  const block = /^godebug \(\n([^)]*)\)/m.exec(goMod)?.[1] ?? "";
  const godebug = [...line, ...block.split("\n").map((entry) => entry.replace(/\/\/.*/, "").trim())];
  return { go, godebug: godebug.filter((entry) => entry !== ""), modules };
}

/** The go.mod that the recipe is built in. */
export function goModOf(recipe: Recipe, staging?: Staging): string {
  const stagingVersion = recipe.replacesOf?.version ?? "";
  const replaces = [
    ...(staging?.modules ?? []).map((module) => `replace ${module} => ${module} ${stagingVersion}`),
    ...Object.entries(recipe.replace).map(([module, target]) => `replace ${module} => ${target}`),
  ];
  return [
    `module lab/${recipe.name}`,
    "",
    `go ${staging?.go ?? recipe.go}`,
    ...(staging?.godebug ?? []).map((setting) => `godebug ${setting}`),
    "",
    ...Object.entries(recipe.require).map(([module, version]) => `require ${module} ${version}`),
    "",
    ...replaces,
    "",
  ].join("\n");
}

/** Object keys in one order, so that a key does not depend on how a recipe was written down. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}
