/** Debian tools on the machine itself: installed when missing, from the machine's own apt sources. */
import { LabError } from "./error";
import { run } from "./sh";
import { say } from "./say";

const env = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };

/** Installs the packages that are missing; asks nothing of apt when none is. */
export async function ensureDebianPackages(packages: string[]): Promise<void> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  say(`installing ${missing.join(", ")}`);
  const install = ["-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", ...missing];
  const first = await run("apt-get", install, { env, limit: 600, anyExit: true });
  if (first.code === 0) return;
  // Old package lists are the usual reason; one source out of reach must not keep the others from being used.
  await run("apt-get", ["-o", "DPkg::Lock::Timeout=300", "update"], { env, limit: 300, anyExit: true });
  await run("apt-get", install, {
    env,
    limit: 600,
    fix: `Install by hand: apt-get install ${missing.join(" ")}`,
  });
}

/** Those of the packages that are not installed. */
export async function missingPackages(packages: string[]): Promise<string[]> {
  const query = await run("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\\n", ...packages], {
    anyExit: true,
    env,
    fix: "The lab needs a Debian machine (dpkg, apt).",
  });
  const installed = new Set(
    query.stdout
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return packages.filter((name) => !installed.has(name));
}

/** The Debian mirror that the machine itself uses, without a slash at the end: `http://…/debian`. */
export async function debianMirror(): Promise<string> {
  const targets = await run(
    "apt-get",
    ["indextargets", "--format", "$(REPO_URI) $(COMPONENT)", "Created-By: Packages", "Component: main"],
    { env },
  );
  // The main archive ends in /debian; security updates and other vendors' repositories do not.
  const uris = targets.stdout.split("\n").map((line) => line.split(" ")[0]!.replace(/\/+$/, ""));
  const mirror = uris.find((uri) => /\/debian$/.test(uri));
  if (!mirror) {
    throw new LabError(
      "The machine's apt sources name no Debian archive (an address that ends in /debian).",
      "Add Debian's main archive to /etc/apt/sources.list.d, as the hosts of the lab are made from it.",
    );
  }
  return mirror;
}

/** Debian's name of this machine's architecture, which is Go's and upstream's as well: `amd64`. */
export function architecture(): string {
  const names: Record<string, string> = { x64: "amd64", arm64: "arm64" };
  const name = names[process.arch];
  if (!name) {
    throw new LabError(`The lab does not run on ${process.arch}.`, "Use a machine with an x86-64 or arm64 processor.");
  }
  return name;
}
