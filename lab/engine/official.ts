/** The official CLI, where its site can be reached; it then fetches the plugins by itself. */
import { mkdirSync, rmSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { reachable, remember, Sources, sources } from "../binaries/official";
import { LabError } from "../error";
import { say } from "../say";
import { run } from "../sh";
import { cliVersion } from "./bundle";

const RELEASES = "https://get.pulumi.com/releases/sdk";
const SUMS = `${RELEASES}/pulumi-${cliVersion}-checksums.txt`;
const DOWNLOAD_LIMIT_S = 900;
const FIX = "Check the way to the site, or use the stand-ins: LAB_SOURCES=build";

/** LAB_SOURCES decides; by default the release is probed once a day. */
export async function officialWanted(): Promise<boolean> {
  const choice = sources();
  if (choice === Sources.Build) return false;
  return choice === Sources.Official || reachable(SUMS);
}

/** Runs a download; when nobody asked for it by name and it fails, the stand-ins are used for the rest of the day. */
export async function orGiveUp<T>(download: () => Promise<T>): Promise<T | undefined> {
  try {
    return await download();
  } catch (error) {
    if (sources() === Sources.Official) throw error;
    say(
      `the official Pulumi CLI cannot be had (${error instanceof Error ? error.message : String(error)}): using stand-ins`,
    );
    await remember(SUMS, false);
    return undefined;
  }
}

/** Unpacks the release's executables, the language hosts among them, into a folder. */
export async function downloadCli(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const name = `pulumi-v${cliVersion}-linux-${arch() === "arm64" ? "arm64" : "x64"}.tar.gz`;
  const archive = join(folder, name);
  const limits = { limit: DOWNLOAD_LIMIT_S, fix: FIX };
  await run("curl", ["-fsSL", "--retry", "3", "-o", archive, `${RELEASES}/${name}`], limits);
  const sums = await run("curl", ["-fsSL", "--max-time", "60", SUMS], limits);
  const sum = sums.stdout.split("\n").find((line) => line.trim().endsWith(name));
  if (!sum) throw new LabError(`${SUMS} lists no ${name}.`, FIX);
  await run("sha256sum", ["--check", "--quiet"], { cwd: folder, input: `${sum}\n`, ...limits });
  await run("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"], limits);
  rmSync(archive);
}
