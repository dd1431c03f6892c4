/** Inputs that a check refuses or lets pass. Tests only. */
import { testHostKey, validConfig, type RawConfig } from "../fixture";

export interface Case {
  /** The sentence that is broken. */
  sentence: string;
  /** Top-level keys that replace those of the valid configuration. */
  refused: RawConfig;
  /** Path of the key that the problem names. */
  key: string;
  /** What the line must say, of the reason and of the fix. */
  says: string[];
  /** How many members etcd had after the last complete update. Default: none. */
  membersBefore?: number;
  /** Close by, and fine. */
  accepted?: RawConfig;
}

export interface HostInput {
  name: string;
  ip: string;
  roles: string[];
  hostKey: string;
  [key: string]: unknown;
}

/** The valid configuration's hosts with one of them changed. */
export function hostsWith(index: number, change: Partial<HostInput>): RawConfig {
  const hosts = validConfig()["hosts"] as HostInput[];
  return { hosts: hosts.map((host, position) => (position === index ? { ...host, ...change } : host)) };
}

/** Hosts with these roles, named and numbered in order. */
export function hostsOf(...roles: string[][]): RawConfig {
  const hosts = roles.map((each, index): HostInput => {
    const name = `h${index}`;
    return { name, ip: `192.0.2.${20 + index}`, roles: each, hostKey: testHostKey(name) };
  });
  return { hosts };
}

/** The valid configuration's `api` with some keys changed. */
export function apiWith(change: RawConfig): RawConfig {
  return { api: { vip: "192.0.2.10", port: 8443, routerId: 51, ...change } };
}

/** The valid configuration's `mirror` with some keys changed. */
export function mirrorWith(change: RawConfig): RawConfig {
  return { mirror: { etcdSha256: { "3.6.16-amd64": "a".repeat(64) }, ...change } };
}
