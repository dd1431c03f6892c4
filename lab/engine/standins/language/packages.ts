/** Which provider plugins a program's node_modules ask for. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface RequiredPlugin {
  name: string;
  version: string;
  server: string;
}

export interface InstalledPackage {
  name: string;
  version: string;
}

interface PackageJson {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  pulumi?: {
    resource?: boolean;
    name?: string;
    version?: string;
    server?: string;
  };
}

function readPackage(folder: string): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageJson;
  } catch {
    return undefined;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Every package folder below a project's node_modules, nested ones too. */
function* packageFolders(project: string): Generator<string> {
  const root = join(project, "node_modules");
  for (const entry of entries(root)) {
    if (entry.startsWith(".")) continue;
    const names = entry.startsWith("@") ? entries(join(root, entry)).map((name) => join(entry, name)) : [entry];
    for (const name of names) {
      yield join(root, name);
      yield* packageFolders(join(root, name));
    }
  }
}

function pluginOf(info: PackageJson): RequiredPlugin | undefined {
  if (!info.pulumi?.resource) return undefined;
  const name = info.pulumi.name ?? (info.name?.startsWith("@pulumi/") ? info.name.slice("@pulumi/".length) : undefined);
  const version = info.pulumi.version ?? info.version;
  if (!name || !version) return undefined;
  return {
    name,
    version: version.startsWith("v") ? version : `v${version}`,
    server: info.pulumi.server ?? "",
  };
}

/** The plugins that installed packages declare by `"pulumi": {"resource": true}`. */
export function requiredPlugins(project: string): RequiredPlugin[] {
  const found = new Map<string, RequiredPlugin>();
  for (const folder of packageFolders(project)) {
    const info = readPackage(folder);
    const plugin = info && pluginOf(info);
    if (plugin) found.set(`${plugin.name}@${plugin.version}`, plugin);
  }
  return [...found.values()];
}

/** The packages of a project: those its package.json names, or all that are installed. */
export function installedPackages(project: string, transitive: boolean): InstalledPackage[] {
  const own = readPackage(project);
  const folders = transitive
    ? packageFolders(project)
    : Object.keys({ ...own?.dependencies, ...own?.devDependencies }).map((name) => join(project, "node_modules", name));
  const packages: InstalledPackage[] = [];
  for (const folder of folders) {
    const info = readPackage(folder);
    if (info?.name && info.version) packages.push({ name: info.name, version: info.version });
  }
  return packages;
}
