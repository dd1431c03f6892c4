/** The executables that the conformance cases run against. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleStandins, PLUGINS } from "../bundle";

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

/** The stand-in, and the official plugin when the folder OFFICIAL_PLUGINS holds it. */
export function implementations(name: PluginName): Implementation[] {
  const program = `pulumi-resource-${name}`;
  const found: Implementation[] = [
    {
      title: `${name} stand-in`,
      executable: async () => join(await standins(), "plugins", `resource-${name}-v${PLUGINS[name]}`, program),
    },
  ];
  const folder = process.env.OFFICIAL_PLUGINS;
  const official = folder ? join(folder, program) : undefined;
  if (official && existsSync(official))
    found.push({ title: `${name} official`, executable: () => Promise.resolve(official) });
  return found;
}
