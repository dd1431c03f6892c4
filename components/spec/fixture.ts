/** A valid configuration for tests, with the files that it names. Tests only. */
import { createHash } from "node:crypto";
import { parseSpec } from "./parse";
import type { FileReader, PlainSpec } from "./plain";
import { formatProblems, type Problem } from "./problem";

/** Raw configuration, as YAML gives it. */
export type RawConfig = Record<string, unknown>;

/** A well-formed ed25519 host key, a different one for every name. */
export function testHostKey(name: string): string {
  const type = Buffer.from("ssh-ed25519");
  const point = createHash("sha256").update(name).digest();
  return `ssh-ed25519 ${Buffer.concat([field(type), field(point)]).toString("base64")}`;
}

/** One field of SSH's wire format. */
export function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Three control planes with etcd and two workers; every call makes a fresh copy. */
export function validConfig(): RawConfig {
  const host = (name: string, ip: string, ...roles: string[]) => ({ name, ip, roles, hostKey: testHostKey(name) });
  return {
    kubernetesVersion: "v1.35.4",
    etcdVersion: "3.6.16",
    hosts: [
      host("cp1", "192.0.2.11", "control-plane", "etcd"),
      host("cp2", "192.0.2.12", "control-plane", "etcd"),
      host("cp3", "192.0.2.13", "control-plane", "etcd"),
      host("w1", "192.0.2.21", "worker"),
      host("w2", "192.0.2.22", "worker"),
    ],
    api: { vip: "192.0.2.10", port: 8443, routerId: 51 },
    ssh: { user: "ops", agent: true },
    mirror: { etcdSha256: { "3.6.16-amd64": "a".repeat(64) } },
  };
}

/** A private key in shape only. */
export const testPrivateKey = [
  "-----BEGIN OPENSSH PRIVATE KEY-----",
  Buffer.concat([Buffer.from("openssh-key-v1\0"), field(Buffer.from("none")), Buffer.alloc(64)]).toString("base64"),
  "-----END OPENSSH PRIVATE KEY-----",
  "",
].join("\n");

/** An armoured public key in shape only. */
export const testArchiveKey = [
  "-----BEGIN PGP PUBLIC KEY BLOCK-----",
  "",
  "mDMEZ0000000000000000000000000000000000000000000",
  "-----END PGP PUBLIC KEY BLOCK-----",
  "",
].join("\n");

/** A reader over files held in memory. */
export function fakeFiles(files: Record<string, string> = {}): FileReader {
  return (path) => {
    const content = files[path];
    if (content === undefined) throw new Error("no such file");
    return content;
  };
}

/** The valid configuration with some top-level keys replaced; `undefined` removes one. */
export function configWith(changes: RawConfig): RawConfig {
  const entries = Object.entries({ ...validConfig(), ...changes });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The spec of a configuration that must be accepted. */
export function specOf(raw: RawConfig = validConfig(), files: FileReader = fakeFiles()): PlainSpec {
  const result = parseSpec(raw, files, "test");
  if ("problems" in result) throw new Error(formatProblems(result.problems));
  return result.spec;
}

/** The problems of a configuration; none when it is accepted. */
export function problemsWith(raw: RawConfig, files: FileReader = fakeFiles()): Problem[] {
  const result = parseSpec(raw, files, "test");
  return "problems" in result ? result.problems : [];
}
