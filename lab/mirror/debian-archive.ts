/** Debian's own packages for the hosts: collected from the machine's mirror, with just the dependencies that a host lacks. */
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { architecture, debianMirror } from "../debian";
import { LabError } from "../error";
import { run } from "../sh";
import type { DebianRelease } from "./packages";

/** What a host may be asked to install beside Kubernetes, whether it has it already or not. */
export const hostPackages = [
  "haproxy",
  "keepalived",
  "conntrack",
  "socat",
  "ethtool",
  "iptables",
  "nftables",
  "ipset",
  "ebtables",
  "curl",
  "jq",
  "kmod",
  "mount",
  "util-linux",
  "iproute2",
  "libseccomp2",
];

/** What the lab's own packages and images are made with: taken apart here, never installed. */
export const sourcePackages = ["runc", "containernetworking-plugins", "busybox-static"];

/** Downloads `hostPackages` with the dependencies that are not in the root file system, into a folder. */
export async function downloadHostPackages(rootfs: string, into: string): Promise<void> {
  await withApt(rootfs, async (apt, work) => {
    // --reinstall: also those that every host has already, so that a pinned version of them can be asked for.
    await apt(["install", "--download-only", "--reinstall", "--no-install-recommends", "-y", ...hostPackages]);
    await keepDebs(join(work, "cache", "archives"), into);
  });
}

/** Downloads `sourcePackages` and unpacks each into `<into>/<package>`. */
export async function unpackSourcePackages(rootfs: string, into: string): Promise<void> {
  await withApt(rootfs, async (apt, work) => {
    const downloads = join(work, "downloads");
    await mkdir(downloads);
    await apt(["download", ...sourcePackages], downloads);
    for (const file of await readdir(downloads)) {
      await unpackDeb(join(downloads, file), join(into, file.split("_")[0]!));
    }
  });
}

export async function unpackDeb(deb: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  await run("dpkg-deb", ["--extract", deb, into], { limit: 120 });
}

/** Which Debian release a root file system is. */
export async function debianRelease(rootfs: string): Promise<DebianRelease> {
  const text = await readFile(join(rootfs, "usr/lib/os-release"), "utf8");
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(text)?.[1];
  const [codename, number] = [value("VERSION_CODENAME"), value("VERSION_ID")];
  if (codename && number) return { codename, number };
  throw new LabError(`${rootfs} is no root file system of a Debian release.`, "Remove it: the lab makes it again.");
}

type Apt = (args: string[], cwd?: string) => Promise<void>;

/** Runs apt-get as if on a host: with its list of installed packages and its release, but with folders of our own. */
async function withApt(rootfs: string, work: (apt: Apt, dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "kha-apt-"));
  try {
    const { codename } = await debianRelease(rootfs);
    for (const part of ["state/lists/partial", "cache/archives/partial", "none"]) {
      await mkdir(join(dir, part), { recursive: true });
    }
    const keyring = join(rootfs, "usr/share/keyrings/debian-archive-keyring.gpg");
    await writeFile(join(dir, "sources.list"), `deb [signed-by=${keyring}] ${await debianMirror()} ${codename} main\n`);
    const settings = {
      "Dir::State": join(dir, "state"),
      "Dir::State::status": join(rootfs, "var/lib/dpkg/status"),
      "Dir::State::extended_states": join(dir, "extended_states"),
      "Dir::Cache": join(dir, "cache"),
      "Dir::Etc::SourceList": join(dir, "sources.list"),
      "Dir::Etc::SourceParts": join(dir, "none"),
      "Dir::Etc::Preferences": join(dir, "none", "preferences"),
      "Dir::Etc::PreferencesParts": join(dir, "none"),
      "APT::Architecture": architecture(),
      "APT::Architectures": architecture(),
      "APT::Sandbox::User": "root",
      "Acquire::Languages": "none",
      "Acquire::Retries": "3",
      "Debug::NoLocking": "true",
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
    const apt: Apt = async (args, cwd = dir) => {
      await run("apt-get", ["-q", ...options, ...args], {
        cwd,
        env: { LC_ALL: "C.UTF-8", DEBIAN_FRONTEND: "noninteractive" },
        limit: 900,
        fix: "The machine's Debian mirror must be reachable: try apt-get update.",
      });
    };
    await apt(["update"]);
    await work(apt, dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function keepDebs(from: string, into: string): Promise<void> {
  const debs = (await readdir(from)).filter((name) => name.endsWith(".deb"));
  // An epoch's colon comes as %3a, which some web servers would decode; Debian's own archive leaves the epoch out.
  for (const name of debs) await copyFile(join(from, name), join(into, name.replace(/_\d+%3a/, "_")));
}
