/** An ordinary apt repository, signed with a key that is made once. */
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { architecture, ensureDebianPackages } from "../debian";
import { cacheDir } from "../paths";
import { run } from "../sh";

/** Writes `dists/stable` for the packages in `<repository>/pool`, signed. */
export async function indexRepository(repository: string, keyFile: string): Promise<void> {
  await ensureDebianPackages(["apt-utils", "gnupg"]);
  const dist = join(repository, "dists", "stable");
  const binary = join(dist, "main", `binary-${architecture()}`);
  await mkdir(binary, { recursive: true });
  // One hash is enough for apt, and four times as quick as all.
  const hashes = ["MD5", "SHA1", "SHA512"].flatMap((name) => ["-o", `APT::FTPArchive::${name}=false`]);
  const packages = await run("apt-ftparchive", [...hashes, "packages", "pool"], { cwd: repository, limit: 600 });
  await writeFile(join(binary, "Packages"), packages.stdout);
  await run("gzip", ["-9", "-n", "-k", join(binary, "Packages")]);
  const fields = {
    Origin: "kubeadm-ha lab",
    Label: "kubeadm-ha lab",
    Suite: "stable",
    Codename: "stable",
    Architectures: architecture(),
    Components: "main",
  };
  const settings = Object.entries(fields).flatMap(([name, value]) => [
    "-o",
    `APT::FTPArchive::Release::${name}=${value}`,
  ]);
  const release = await run("apt-ftparchive", [...hashes, ...settings, "release", dist], { limit: 120 });
  await writeFile(join(dist, "Release"), release.stdout);
  await withGpg(async (gpg) => {
    await gpg(["--import", keyFile]);
    await gpg(["--clearsign", "--output", join(dist, "InRelease"), join(dist, "Release")]);
    await gpg(["--armor", "--detach-sign", "--output", join(dist, "Release.gpg"), join(dist, "Release")]);
  });
}

/** The archive's key: the file with the secret key, and the armoured public key. */
export async function ensureArchiveKey(folder = cacheDir("mirror")): Promise<{ keyFile: string; publicKey: string }> {
  await ensureDebianPackages(["gnupg"]);
  const keyFile = join(folder, "archive-key.secret.asc");
  if (!existsSync(keyFile)) {
    await mkdir(folder, { recursive: true });
    await withGpg(async (gpg) => {
      await gpg(["--quick-generate-key", "kubeadm-ha lab archive <lab@localhost>", "ed25519", "sign", "never"]);
      await writeFile(`${keyFile}.unfinished`, await gpg(["--armor", "--export-secret-keys"]), { mode: 0o600 });
    });
    await rename(`${keyFile}.unfinished`, keyFile);
  }
  const publicKey = await withGpg(async (gpg) => {
    await gpg(["--import", keyFile]);
    return gpg(["--armor", "--export"]);
  });
  return { keyFile, publicKey };
}

/** Writes the public key where a lab's stack file names it. */
export async function writePublicKey(publicKey: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  if (existsSync(file) && (await readFile(file, "utf8")) === publicKey) return;
  await writeFile(file, publicKey);
}

type Gpg = (args: string[]) => Promise<string>;

/** Runs gpg with a key ring of its own, and ends the agent that gpg leaves behind. */
async function withGpg<T>(work: (gpg: Gpg) => Promise<T>): Promise<T> {
  // Not in the cache: the agent's socket lies in this folder, and the name of a socket is at most 107 characters long.
  const home = await mkdtemp(join(tmpdir(), "kha-gpg-"));
  await chmod(home, 0o700);
  const env = { GNUPGHOME: home, LC_ALL: "C.UTF-8" };
  const gpg: Gpg = async (args) => {
    const fixed = ["--batch", "--quiet", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", "--no-tty"];
    return (await run("gpg", [...fixed, ...args], { env, limit: 120 })).stdout;
  };
  try {
    return await work(gpg);
  } finally {
    await run("gpgconf", ["--kill", "all"], { env, anyExit: true });
    await rm(home, { recursive: true, force: true });
  }
}
