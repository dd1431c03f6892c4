/** Private SSH keys, as far as can be told without using them. */
import type { Problem } from "./problem";

type Words = Pick<Problem, "reason" | "fix">;

/** What is wrong with the text of a private key; undefined when it looks usable. Never repeats any of the text. */
export function privateKeyFault(key: string): Words | undefined {
  const match = /^-----BEGIN ([A-Z ]*PRIVATE KEY)-----\r?\n([^-]+)-----END \1-----\s*$/.exec(key.trim());
  const [, kind = "", body = ""] = match ?? [];
  if (match === null) {
    const reason = "is not a private key in PEM or OpenSSH format";
    return { reason, fix: "Give the whole text, from its BEGIN line to its END line" };
  }
  if (!isEncrypted(kind, body)) return undefined;
  const fix = "Load it into an agent and set ssh.agent: true, or use a key of its own for this";
  return { reason: "is protected by a passphrase, and nobody is there to type it", fix };
}

function isEncrypted(kind: string, body: string): boolean {
  if (kind === "ENCRYPTED PRIVATE KEY" || body.includes("Proc-Type: 4,ENCRYPTED")) return true;
  if (kind !== "OPENSSH PRIVATE KEY") return false;
  // openssh-key-v1, a zero byte, then the cipher's name with its length in front; "none" means plain.
  const bytes = Buffer.from(body, "base64");
  const offset = "openssh-key-v1\0".length;
  if (bytes.length < offset + 4) return false;
  const cipher = bytes.subarray(offset + 4, offset + 4 + bytes.readUInt32BE(offset)).toString("latin1");
  return cipher !== "none";
}
