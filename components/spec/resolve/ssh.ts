/** SSH access: where the private key comes from, and which file pins the hosts' keys. */
import { findHostKey, parseKnownHosts, type KnownHosts } from "../knownhosts";
import type { FileReader, PlainSsh } from "../plain";
import { HIDDEN, type Problem } from "../problem";
import type { Config } from "../schema";
import { privateKeyFault } from "../sshkey";
import { readNamed } from "./files";

type SshConfig = Config["ssh"];

/** The section, with the key's text read from its file. */
export function resolveSsh(config: SshConfig, files: FileReader, problems: Problem[]): PlainSsh {
  const privateKey = config.privateKey ?? readKeyFile(config.privateKeyFile, files, problems);
  const hasKey = config.privateKey !== undefined || config.privateKeyFile !== undefined;
  problems.push(...keyProblems(config, privateKey));
  if (config.agent === false && !hasKey) {
    const reason = "leaves no way to log in: there is no private key either";
    const fix = "Set ssh.agent: true, or give ssh.privateKeyFile or ssh.privateKey";
    problems.push({ key: "ssh.agent", value: "false", reason, fix });
  }
  return { user: config.user, port: config.port, agent: config.agent ?? !hasKey, privateKey };
}

function keyProblems(config: SshConfig, privateKey: string | undefined): Problem[] {
  if (config.privateKey !== undefined && config.privateKeyFile !== undefined) {
    const reason = "is given beside ssh.privateKey, and only one can be used";
    return [{ key: "ssh.privateKeyFile", value: config.privateKeyFile, reason, fix: "Remove one of the two" }];
  }
  const fault = privateKey === undefined ? undefined : privateKeyFault(privateKey);
  if (fault === undefined) return [];
  if (config.privateKeyFile === undefined) return [{ key: "ssh.privateKey", value: HIDDEN, ...fault }];
  return [{ key: "ssh.privateKeyFile", value: config.privateKeyFile, ...fault }];
}

function readKeyFile(path: string | undefined, files: FileReader, problems: Problem[]): string | undefined {
  if (path === undefined) return undefined;
  const fix = "Create the key with ssh-keygen, or set ssh.privateKeyFile to the key that the hosts accept";
  return readNamed("ssh.privateKeyFile", path, fix, files, problems);
}

/** How a host's pinned key is looked up when its entry has none. */
export interface HostKeyFile {
  path: string | undefined;
  find: (address: string) => string | undefined;
}

export function resolveKnownHosts(config: SshConfig, files: FileReader, problems: Problem[]): HostKeyFile | undefined {
  const path = config.knownHosts;
  if (path === undefined) return { path, find: () => undefined };
  const fix = "Create it with ssh-keyscan and compare the fingerprints, or give every host a hostKey";
  const content = readNamed("ssh.knownHosts", path, fix, files, problems);
  if (content === undefined) return undefined;
  const known: KnownHosts = parseKnownHosts(content);
  return { path, find: (address) => findHostKey(known, address, config.port) };
}
