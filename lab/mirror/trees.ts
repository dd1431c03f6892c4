/** The folders that image layers are packed from. */
import { chmod, copyFile, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../sh";
import { copyWithLibraries, find } from "./closure";

/** What every image stands on: users, /tmp, and busybox as a small shell. */
export async function baseTree(into: string, busybox: string): Promise<void> {
  for (const folder of [
    "etc",
    "proc",
    "root",
    "run",
    "sys",
    "tmp",
    "var/lib",
    "usr/bin",
    "usr/sbin",
    "usr/lib",
    "usr/lib64",
  ]) {
    await mkdir(join(into, folder), { recursive: true });
  }
  for (const name of ["bin", "sbin", "lib", "lib64"]) await symlink(`usr/${name}`, join(into, name));
  await symlink("/run", join(into, "var/run"));
  await chmod(join(into, "tmp"), 0o1777);
  await writeFile(
    join(into, "etc/passwd"),
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nnonroot:x:65532:65532:nonroot:/:/bin/false\n",
  );
  await writeFile(join(into, "etc/group"), "root:x:0:\nnogroup:x:65534:\nnonroot:x:65532:\n");
  await writeFile(join(into, "etc/nsswitch.conf"), "hosts: files dns\n");
  await placeProgram(busybox, join(into, "usr/bin/busybox"));
  const applets = (await run(busybox, ["--list"])).stdout.trim().split("\n");
  for (const applet of applets.filter((name) => name !== "busybox")) {
    await symlink("busybox", join(into, "usr/bin", applet));
  }
}

/** nft, iptables and conntrack with their libraries, for kube-proxy and flannel. */
export async function packetFilterTree(into: string, roots: string[]): Promise<void> {
  const multi = "/usr/sbin/xtables-nft-multi";
  const programs = ["/usr/sbin/nft", "/usr/sbin/conntrack", multi];
  const plugins = pluginFolder();
  const names = (await readdir(find(plugins, roots))).filter((name) => name.endsWith(".so"));
  await copyWithLibraries([...programs, ...names.map((name) => `${plugins}/${name}`)], roots, into);
  // Without it nft prints protocols as numbers, and kube-proxy takes its own rules of before a restart for foreign ones.
  await mkdir(join(into, "etc"), { recursive: true });
  await copyFile(find("/etc/protocols", roots), join(into, "etc/protocols"));
  for (const family of ["iptables", "ip6tables"]) {
    for (const suffix of ["", "-save", "-restore"]) {
      await symlink("xtables-nft-multi", join(into, "usr/sbin", `${family}${suffix}`));
      await symlink("xtables-nft-multi", join(into, "usr/sbin", `${family}-nft${suffix}`));
    }
  }
}

/** One program at a path of an image. */
export async function programTree(into: string, path: string, from: string): Promise<void> {
  await mkdir(join(into, path, ".."), { recursive: true });
  await placeProgram(from, join(into, path));
}

function pluginFolder(): string {
  const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  return `/usr/lib/${triplet}/xtables`;
}

async function placeProgram(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await chmod(to, 0o755);
}
