/** The Pulumi CLI with its language host and plugins: the official ones where they can be had, stand-ins otherwise. */
import { copyFileSync, linkSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { ensureBinaries } from "../binaries/build";
import { pulumi } from "../binaries/recipes";
import { cacheDir } from "../paths";
import { ensureFolder } from "../folder";
import { binDir, bundleKey, bundleStandins, cliVersion } from "./bundle";
import { downloadCli, officialWanted, orGiveUp } from "./official";

const UNUSED_MS = 24 * 3_600_000;

/** Which programs are in use. */
export type EngineSource = "official" | "stand-ins";

export interface Engine {
  source: EngineSource;
  /** The CLI's executable. */
  cli: string;
  /** What the CLI's environment needs to find its parts and to leave the network alone. */
  env: NodeJS.ProcessEnv;
}

function engineOf(source: EngineSource, home: string): Engine {
  return {
    source,
    cli: join(binDir(home), "pulumi"),
    env: {
      PULUMI_HOME: home,
      // `npx pulumi`, the official npm wrapper, then runs the same CLI.
      PULUMI_VERSION: cliVersion,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...(source === "stand-ins" ? { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" } : {}),
    },
  };
}

function placeCli(from: string, home: string): void {
  const to = join(binDir(home), "pulumi");
  mkdirSync(binDir(home), { recursive: true });
  // A link by name would not do: the CLI looks for its language host beside its real file.
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** Removes stand-ins of earlier sources; those of today may still be in use by a running command. */
function dropOld(): void {
  for (const name of readdirSync(cacheDir("engine")).filter((entry) => entry.startsWith("standins-"))) {
    const folder = cacheDir("engine", name);
    if (Date.now() - statSync(folder).mtimeMs > UNUSED_MS) rmSync(folder, { recursive: true, force: true });
  }
}

/** Installs what is missing. Quick when nothing is. */
export async function ensureEngine(): Promise<Engine> {
  if (await officialWanted()) {
    const home = await orGiveUp(() =>
      ensureFolder(cacheDir("engine", `official-${cliVersion}`), (folder) => downloadCli(binDir(folder))),
    );
    if (home) return engineOf("official", home);
  }
  const home = cacheDir("engine", `standins-${cliVersion}-${bundleKey()}`);
  await ensureFolder(home, async (folder) => {
    dropOld();
    placeCli(join(await ensureBinaries(pulumi()), "pulumi"), folder);
    await bundleStandins(folder);
  });
  return engineOf("stand-ins", home);
}
