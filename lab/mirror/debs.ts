/** Packs .deb files. */
import { chmod, copyFile, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { architecture } from "../debian";
import { run } from "../sh";
import { controlText } from "./packages";
import type { PackageSpec } from "./packages";

/** Modification time of everything that the lab packs: the same content then gives the same file. */
export const EPOCH = "1704067200";

/** Packs a package into a folder; returns the file. */
export async function packDeb(spec: PackageSpec, into: string): Promise<string> {
  const tree = await mkdtemp(join(into, `.${spec.name}-`));
  try {
    let bytes = 0;
    for (const file of spec.files) {
      const target = join(tree, file.path);
      await mkdir(dirname(target), { recursive: true });
      if (file.from) await copyFile(file.from, target);
      else await writeFile(target, file.text ?? "");
      await chmod(target, file.mode);
      bytes += (await stat(target)).size;
    }
    await writeControl(spec, tree, Math.ceil(bytes / 1024));
    await chmod(tree, 0o755);
    const deb = join(into, debName(spec));
    // zstd at its quickest level: five hosts that fetch, check and unpack at the same time need 7 s; uncompressed, with
    // three times as much to write, 11 s.
    await run("dpkg-deb", ["--root-owner-group", "-Zzstd", "-z1", "--build", tree, deb], {
      env: { SOURCE_DATE_EPOCH: EPOCH },
      limit: 300,
    });
    return deb;
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

/** `kubelet_1.35.4-1.1_amd64.deb`. */
export function debName(spec: PackageSpec): string {
  return `${spec.name}_${spec.version}_${architecture()}.deb`;
}

async function writeControl(spec: PackageSpec, tree: string, installedKb: number): Promise<void> {
  const debian = join(tree, "DEBIAN");
  await mkdir(debian);
  await writeFile(join(debian, "control"), controlText(spec, architecture(), installedKb));
  const conffiles = spec.files.filter((file) => file.conffile).map((file) => `${file.path}\n`);
  if (conffiles.length > 0) await writeFile(join(debian, "conffiles"), conffiles.join(""));
  for (const [name, from] of Object.entries(spec.scripts)) {
    await copyFile(from, join(debian, name));
    await chmod(join(debian, name), 0o755);
  }
}
