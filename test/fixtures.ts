/** Cluster descriptions for tests: the real stack files, read by the real parser, with made-up keys. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { utils } from "ssh2";
import { parse } from "yaml";

import { parseSpec } from "../components/spec/parse";
import { formatProblems } from "../components/spec/problem";
import type { ClusterSpec } from "../components/spec/types";

/** The repository's own folder. */
export const repository = join(__dirname, "..");

/** Configuration by key, without the namespace, as a stack file gives it. */
export type StackConfig = Record<string, unknown>;

/** One entry of `hosts` in a stack file. */
export interface HostEntry {
  name: string;
  ip: string;
  roles: string[];
  [key: string]: unknown;
}

/** The operator's private SSH key, another one in every process; it must turn up nowhere but in secrets. */
export const SSH_PRIVATE_KEY = utils.generateKeyPairSync("ed25519").private;

/** An armoured key with an empty line, as real ones have. */
const ARCHIVE_KEY = [
  "-----BEGIN PGP PUBLIC KEY BLOCK-----",
  "",
  "mDMEaR/x2BYJKwYBBAHaRw8BAQdA",
  "=nC0n",
  "-----END PGP PUBLIC KEY BLOCK-----",
  "",
].join("\n");

/** Keys of Pulumi.dev.yaml: three control planes with etcd, two workers. Nothing is asked of them. */
export function devConfig(overrides: StackConfig = {}): StackConfig {
  return { ...stackFile("Pulumi.dev.yaml"), observe: false, ...overrides };
}

/** The dev stack's `api` with another kind of endpoint. */
export function apiBy(by: string): StackConfig {
  if (by === "load-balancer") return { by, loadBalancer: { host: "api.example" } };
  return { by, vip: "10.77.0.10", routerId: 51 };
}

/** The same with etcd on three hosts of its own. */
export function etcdHostsConfig(overrides: StackConfig = {}): StackConfig {
  return { ...devConfig(), ...stackFile("lab/stacks/etcd-hosts.yaml"), ...overrides };
}

/** The dev stack with its hosts changed. */
export function withHosts(edit: (hosts: HostEntry[]) => HostEntry[], base: StackConfig = devConfig()): StackConfig {
  return { ...base, hosts: edit(structuredClone(hostsOf(base))) };
}

export function hostsOf(config: StackConfig): HostEntry[] {
  return config["hosts"] as HostEntry[];
}

/** The specification that components get for the dev stack. */
export function devSpec(overrides: StackConfig = {}): ClusterSpec {
  return specOf(devConfig(overrides));
}

/** The specification with etcd on hosts of its own. */
export function etcdHostsSpec(overrides: StackConfig = {}): ClusterSpec {
  return specOf(etcdHostsConfig(overrides));
}

/** Parses as the program does; throws the program's own message when the configuration is refused. */
export function specOf(config: StackConfig): ClusterSpec {
  const files = filesOf(config);
  const read = (path: string) => {
    const content = files.get(path);
    if (content === undefined) throw new Error(`the fixtures have no file ${path}`);
    return content;
  };
  const result = parseSpec(config, read, "dev");
  if ("problems" in result) throw new Error(formatProblems(result.problems));
  return { ...result.spec, ssh: { ...result.spec.ssh, privateKey: undefined } };
}

/** Path, as the configuration names it → content, of every file that the configuration names. */
export function filesOf(config: StackConfig): Map<string, string> {
  const hosts = hostsOf(config);
  const known = hosts.map((host) => `${host.ip} ${hostKey(host.name)}\n`).join("");
  const version = String(config["etcdVersion"]);
  const sums = Object.fromEntries(["amd64", "arm64"].map((arch) => [`${version}-${arch}`, digest(arch)]));
  return new Map([
    [".lab/dev/ssh/id_ed25519", SSH_PRIVATE_KEY],
    [".lab/dev/ssh/known_hosts", known],
    [".lab/dev/mirror/archive-key.asc", ARCHIVE_KEY],
    [".lab/dev/mirror/etcd-sha256.json", JSON.stringify(sums)],
  ]);
}

/** A well-formed public key of a host, one of its own for every name. */
export function hostKey(name: string): string {
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const key = createHash("sha256").update(name).digest();
  return `ssh-ed25519 ${Buffer.concat([field(Buffer.from("ssh-ed25519")), field(key)]).toString("base64")}`;
}

const stackFiles = new Map<string, StackConfig>();

function stackFile(path: string): StackConfig {
  const known = stackFiles.get(path);
  if (known) return structuredClone(known);
  const file = parse(readFileSync(join(repository, path), "utf8")) as { config: StackConfig };
  const prefix = "kubeadm-ha:";
  const keys = Object.entries(file.config).map(([key, value]) => [key.replace(prefix, ""), value] as const);
  stackFiles.set(path, Object.fromEntries(keys));
  return stackFile(path);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
