/** The official CLI, where its site can be reached; it then fetches the plugins by itself. */
import { mkdirSync, rmSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { probe } from "../binaries/official";
import { LabError } from "../error";
import { cacheDir } from "../paths";
import { run } from "../sh";
import { cliVersion } from "./bundle";

const SITE = "https://get.pulumi.com";
/** One site for everything, in the shape that the probe takes. */
const SITES = { kubernetes: SITE, etcd: SITE, containerd: SITE };
const DOWNLOAD_LIMIT_S = 900;

/** `LAB_SOURCES=official` or `build` decides; by default the site is probed once a day. */
export function officialWanted(): Promise<boolean> {
  const choice = process.env.LAB_SOURCES || "auto";
  if (choice === "official") return Promise.resolve(true);
  if (choice === "build" || choice === "standin") return Promise.resolve(false);
  if (choice === "auto") return probe(SITES, cacheDir("official-pulumi.json"));
  throw new LabError(`LAB_SOURCES=${choice} is not known.`, "Set it to official, build or auto, or leave it out.");
}

/** Unpacks the release's executables, the language hosts among them, into a folder. */
export async function downloadCli(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const name = `pulumi-v${cliVersion}-linux-${arch() === "arm64" ? "arm64" : "x64"}.tar.gz`;
  const archive = join(folder, name);
  const fix = "Check the way to the site, or use the stand-ins: LAB_SOURCES=build";
  const base = `${SITE}/releases/sdk`;
  await run("curl", ["-fsSL", "--retry", "3", "-o", archive, `${base}/${name}`], { limit: DOWNLOAD_LIMIT_S, fix });
  const sums = await run("curl", ["-fsSL", `${base}/pulumi-${cliVersion}-checksums.txt`], { limit: 60, fix });
  const sum = sums.stdout.split("\n").find((line) => line.trim().endsWith(name));
  if (!sum) throw new LabError(`${base} lists no checksum of ${name}.`, fix);
  await run("sha256sum", ["--check", "--quiet"], { cwd: folder, input: `${sum}\n`, limit: 120, fix });
  await run("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"], { limit: 300, fix });
  rmSync(archive);
}
