/** Sources of packages, images and archives: upstream defaults, keys and checksums read from files. */
import type { FileReader } from "../plain";
import type { Problem } from "../problem";
import { patterns } from "../schema/patterns";
import { minorOf } from "../versions";
import type { Config } from "../schema";
import type { AptSource, MirrorSpec } from "../types";
import { readNamed } from "./files";

type MirrorConfig = Config["mirror"];
type AptConfig = NonNullable<MirrorConfig["apt"]>[number];

export function resolveMirror(
  config: MirrorConfig,
  versions: Partial<Pick<Config, "kubernetesVersion" | "etcdVersion">>,
  files: FileReader,
  problems: Problem[],
): MirrorSpec {
  const minor = minorOf(versions.kubernetesVersion ?? "");
  const apt =
    config.apt?.map((source, index) => resolveApt(source, index, files, problems)) ?? upstreamApt(minor ?? "0.0");
  const fromFile = readSums(config.etcdSha256File, files, problems);
  const etcdSha256 = { ...fromFile, ...config.etcdSha256 };
  // Without a usable file, already a problem of its own, a missing checksum is not reported again.
  if (fromFile !== undefined) problems.push(...missingSum(etcdSha256, versions.etcdVersion));
  return {
    apt,
    registries: config.registries,
    etcdUrl: config.etcdUrl,
    etcdSha256,
  };
}

/** The upstream repositories: Kubernetes' for the minor, Docker's for containerd. */
export function upstreamApt(minor: string): AptSource[] {
  const kubernetes = `https://pkgs.k8s.io/core:/stable:/v${minor}/deb/`;
  const docker = "https://download.docker.com/linux/debian";
  return [
    { name: "kubernetes", url: kubernetes, suite: "/", components: [], key: `${kubernetes}Release.key` },
    { name: "docker", url: docker, suite: "$codename", components: ["stable"], key: `${docker}/gpg` },
  ];
}

function resolveApt(source: AptConfig, index: number, files: FileReader, problems: Problem[]): AptSource {
  const { keyFile, key, ...rest } = source;
  const path = `mirror.apt[${index}].keyFile`;
  const fix = "Save the repository's armoured public key there, or give its https URL as key";
  if (key !== undefined && keyFile !== undefined) {
    const reason = "is given beside key, and only one can be used";
    problems.push({ key: path, value: keyFile, reason, fix: "Remove one of the two" });
  }
  if (key === undefined && keyFile === undefined) {
    const reason = "is missing, and so is keyFile: packages are never taken unsigned";
    problems.push({
      key: `mirror.apt[${index}].key`,
      value: "",
      reason,
      fix: "Give the key's https URL, or a keyFile",
    });
  }
  if (keyFile === undefined) return { ...rest, key: key ?? "" };
  return { ...rest, key: readNamed(path, keyFile, fix, files, problems) ?? "" };
}

function missingSum(sums: Record<string, string>, version: string | undefined): Problem[] {
  if (version === undefined || Object.keys(sums).some((name) => name.startsWith(`${version}-`))) return [];
  const url = `https://github.com/etcd-io/etcd/releases/download/v${version}/SHA256SUMS`;
  const reason = `has no SHA-256 for etcd ${version}, so its archive could not be verified`;
  const fix = `Take it from ${url}: set mirror.etcdSha256File to that file, or mirror.etcdSha256 to {"${version}-amd64": "<64 hex digits>"}`;
  return [{ key: "mirror.etcdSha256", value: "", reason, fix }];
}

function readSums(
  path: string | undefined,
  files: FileReader,
  problems: Problem[],
): Record<string, string> | undefined {
  if (path === undefined) return {};
  const key = "mirror.etcdSha256File";
  const fix = "Save the etcd release's SHA256SUMS there, from the release page beside the archive";
  const content = readNamed(key, path, fix, files, problems);
  if (content === undefined) return undefined;
  const sums = parseSums(content);
  if (sums !== undefined) return sums;
  const reason = 'holds neither SHA256SUMS lines nor JSON like {"3.6.16-amd64": "<64 hex digits>"}';
  problems.push({ key, value: path, reason, fix });
  return undefined;
}

/** Checksums by `version-arch`, from a release's SHA256SUMS or from JSON; undefined when the text is neither. */
export function parseSums(content: string): Record<string, string> | undefined {
  const sums = content.trimStart().startsWith("{") ? parseJson(content) : parseLines(content);
  const entries = Object.entries(sums ?? {});
  const valid = entries.every(([name, sum]) => patterns.shaName.test(name) && patterns.sha256.test(sum));
  return entries.length > 0 && valid ? Object.fromEntries(entries) : undefined;
}

function parseJson(content: string): Record<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(content);
    return Object.values(value as object).every((sum) => typeof sum === "string")
      ? (value as Record<string, string>)
      : undefined;
  } catch {
    return undefined; // The caller reports the file as unreadable.
  }
}

function parseLines(content: string): Record<string, string> {
  const lines = content.matchAll(/^([0-9a-f]{64})[ \t]+\*?etcd-v(\d+\.\d+\.\d+)-linux-([a-z0-9]+)\.tar\.gz\r?$/gm);
  return Object.fromEntries([...lines].map(([, sum = "", version, arch]) => [`${version}-${arch}`, sum]));
}
