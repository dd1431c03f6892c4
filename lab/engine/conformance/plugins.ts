/** The executables that the conformance cases run against. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binDir, bundleStandins, PLUGINS } from "../bundle";

export type PluginName = keyof typeof PLUGINS;

export interface Implementation {
  /** For the titles of tests. */
  title: string;
  executable(): Promise<string>;
}

let bundled: Promise<string> | undefined;

/** The stand-ins, made once for each test process. */
function standins(): Promise<string> {
  bundled ??= (async () => {
    const home = mkdtempSync(join(tmpdir(), "kubeadm-ha-standins-"));
    process.on("exit", () => rmSync(home, { recursive: true, force: true }));
    await bundleStandins(home);
    return home;
  })();
  return bundled;
}

/** The stand-in, and the official program when the folder OFFICIAL_PLUGINS holds it. */
function both(title: string, program: string, folder: (home: string) => string): Implementation[] {
  const found = [{ title: `${title} stand-in`, executable: async () => join(folder(await standins()), program) }];
  const official = process.env.OFFICIAL_PLUGINS && join(process.env.OFFICIAL_PLUGINS, program);
  if (official && existsSync(official))
    found.push({ title: `${title} official`, executable: () => Promise.resolve(official) });
  return found;
}

/** The provider plugins of a package. */
export function implementations(name: PluginName): Implementation[] {
  return both(name, `pulumi-resource-${name}`, (home) => join(home, "plugins", `resource-${name}-v${PLUGINS[name]}`));
}

/** The Node.js language hosts. */
export function languageHosts(): Implementation[] {
  return both("language host", "pulumi-language-nodejs", binDir);
}
