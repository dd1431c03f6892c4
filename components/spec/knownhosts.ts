/** OpenSSH known_hosts files: plain, `[host]:port` and hashed names; wildcards and certificate authorities are passed over. */
import { createHmac } from "node:crypto";
import { hostKeyTypes, parseHostKey } from "./hostkey";

interface Entry {
  names: string[];
  key: string;
  revoked: boolean;
}

export type KnownHosts = Entry[];

/** The file's usable entries; lines that are comments, other markers or no keys are passed over, as ssh does. */
export function parseKnownHosts(content: string): KnownHosts {
  return content.split(/\r?\n/).flatMap((line): Entry[] => {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === undefined || words[0] === "" || words[0].startsWith("#")) return [];
    const marker = words[0].startsWith("@") ? words.shift() : undefined;
    if (marker !== undefined && marker !== "@revoked") return [];
    const [names = "", ...rest] = words;
    const key = parseHostKey(rest.slice(0, 2).join(" "));
    return key === undefined ? [] : [{ names: names.split(","), key, revoked: marker !== undefined }];
  });
}

/** The best key that the file has for a host: ed25519 before ecdsa before rsa; revoked keys never. */
export function findHostKey(known: KnownHosts, host: string, port: number): string | undefined {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const revoked = new Set(known.filter((entry) => entry.revoked).map((entry) => entry.key));
  const keys = known
    .filter((entry) => !entry.revoked && !revoked.has(entry.key) && entry.names.some((each) => isName(each, name)))
    .map((entry) => entry.key);
  return keys.sort((a, b) => rank(a) - rank(b))[0];
}

function rank(key: string): number {
  return hostKeyTypes.indexOf(key.split(" ")[0] ?? "");
}

function isName(entry: string, name: string): boolean {
  const [, scheme, salt, hash] = entry.split("|");
  if (scheme === "1" && salt !== undefined && hash !== undefined) {
    return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  }
  return entry.toLowerCase() === name.toLowerCase();
}
