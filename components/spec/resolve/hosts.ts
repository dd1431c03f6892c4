/** Hosts: defaults of one host from another of its values, and its pinned SSH key. */
import { parseHostKey } from "../hostkey";
import { show, type Problem } from "../problem";
import type { Config } from "../schema";
import type { HostSpec } from "../types";
import type { HostKeyFile } from "./ssh";

type HostConfig = Config["hosts"][number];

/** The hosts; without a usable known_hosts file (already a problem of its own) missing keys are not reported again. */
export function resolveHosts(config: HostConfig[], keys: HostKeyFile | undefined, problems: Problem[]): HostSpec[] {
  return config.map((host, index) => {
    const sshHost = host.sshHost ?? host.ip;
    const hostKey = hostKeyOf(host, sshHost, `hosts[${index}].hostKey`, keys, problems);
    const { vipInterface } = host;
    return { ...host, sshHost, hostKey, vipInterface, place: index, settled: false, rested: false, replacedBy: "" };
  });
}

function hostKeyOf(
  host: HostConfig,
  sshHost: string,
  key: string,
  keys: HostKeyFile | undefined,
  problems: Problem[],
): string {
  const scan = `ssh-keyscan -t ed25519 ${sshHost}`;
  if (host.hostKey !== undefined) {
    const parsed = parseHostKey(host.hostKey);
    if (parsed !== undefined) return parsed;
    const reason = "is not a public SSH host key (type, then base64 that holds the same type)";
    problems.push({ key, value: show(host.hostKey), reason, fix: `Copy the type and key that \`${scan}\` prints` });
    return "";
  }
  const found = keys?.find(sshHost);
  if (found !== undefined) return found;
  if (keys !== undefined) problems.push(missingKey(key, host.name, sshHost, scan, keys.path));
  return "";
}

function missingKey(key: string, name: string, sshHost: string, scan: string, path: string | undefined): Problem {
  const where = path === undefined ? "and ssh.knownHosts is not set" : `and ${path} has no key for ${sshHost}`;
  const fix = `Run \`${scan}\`, compare its fingerprint with the host's own, and set the key here or in ssh.knownHosts`;
  return { key, value: "", reason: `${name} has no SSH host key here ${where}`, fix };
}
