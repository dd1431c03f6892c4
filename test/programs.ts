/** The real programs that tests let judge what the renderers write. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ensureBinaries } from "../lab/binaries/build";
import { containerd, etcd, kubernetes } from "../lab/binaries/recipes";
import type { Recipe } from "../lab/binaries/recipe";
import { labConfig } from "../lab/config";
import { ensureDebianPackages, missingPackages } from "../lab/debian";
import { ensureEngine } from "../lab/engine/install";
import { ensureContent } from "../lab/mirror/content";
import { merged } from "../lab/mirror/wanted";
import { run } from "../lab/sh";
import { devSpec } from "./fixtures";
import { served } from "./lab/served";

/**
 * Debian's; `systemd` for systemd-analyze, a font for Chromium's pages. Services that come with them are neither started
 * nor enabled.
 */
const packages = [
  "chromium",
  "curl",
  "dash",
  "fonts-dejavu-core",
  "haproxy",
  "iproute2",
  "keepalived",
  "openssl",
  "shellcheck",
  "systemd",
];
const services = ["haproxy", "keepalived"];
const POLICY = "/usr/sbin/policy-rc.d";

/** Installs what is missing on this machine, and keeps the services among it from ever starting by themselves. */
export async function installPackages(): Promise<void> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  const shield = !existsSync(POLICY);
  if (shield) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await ensureDebianPackages(missing);
  } finally {
    if (shield) rmSync(POLICY, { force: true });
  }
  const brought = services.filter((name) => missing.includes(name));
  if (brought.length > 0) await run("systemctl", ["--no-reload", "disable", ...brought], { anyExit: true });
}

/** Downloads or builds every binary that a test asks for, so that no test waits for it. */
export async function prepareBinaries(): Promise<void> {
  for (const recipe of Object.values(recipes())) await ensureBinaries(recipe);
}

/**
 * Builds what the labs of the tests run and serve, which takes half an hour on a machine that has nothing: no test
 * waits for it, and its progress is seen.
 */
export async function prepareLabs(): Promise<void> {
  for (const further of Object.values(served)) await ensureContent(merged(labConfig("dev"), further, {}));
  await ensureEngine();
}

/** Path of a program of the versions that the dev stack runs: `binary("kubernetes", "kubeadm")`. */
export async function binary(set: "containerd" | "etcd" | "kubernetes", name: string): Promise<string> {
  const path = join(await ensureBinaries(recipes()[set]), name);
  if (!existsSync(path)) throw new Error(`${set} was built without ${name}: ${path} does not exist`);
  return path;
}

function recipes(): Record<"containerd" | "etcd" | "kubernetes", Recipe> {
  const { versions } = devSpec();
  return {
    etcd: etcd(versions.etcd),
    kubernetes: kubernetes(versions.kubernetes),
    containerd: containerd(versions.containerd),
  };
}
