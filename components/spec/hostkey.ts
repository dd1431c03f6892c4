/** Public SSH host keys: one line, `ssh-ed25519 AAAA…`, whose body says the same type as its first word. */

/** Key types that hosts may be pinned by, best first. */
export const hostKeyTypes = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
];

const fieldsByType: Record<string, number> = { "ssh-ed25519": 2, "ssh-rsa": 3 };

/** The key as `type base64`, comment dropped; undefined when the line is no valid host key. */
export function parseHostKey(line: string): string | undefined {
  const match = /^(\S+) +([A-Za-z0-9+/]+={0,2})(?: +[^\r\n]*)?$/.exec(line.trim());
  const [, type = "", body = ""] = match ?? [];
  if (!hostKeyTypes.includes(type)) return undefined;
  const bytes = Buffer.from(body, "base64");
  if (bytes.toString("base64") !== body) return undefined;
  const fields = splitFields(bytes);
  if (fields?.[0]?.toString("latin1") !== type) return undefined;
  if (fields.length !== (fieldsByType[type] ?? 3)) return undefined;
  return isPlausible(type, fields.slice(1)) ? `${type} ${body}` : undefined;
}

// The SSH wire format: fields of a 4-byte length and as many bytes, nothing left over.
function splitFields(bytes: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) return undefined;
    const end = offset + 4 + bytes.readUInt32BE(offset);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(offset + 4, end));
    offset = end;
  }
  return fields;
}

const pointBytes: Record<string, number> = { nistp256: 65, nistp384: 97, nistp521: 133 };

function isPlausible(type: string, fields: Buffer[]): boolean {
  const [first, second] = fields;
  if (type === "ssh-ed25519") return first?.length === 32;
  if (type === "ssh-rsa") return (second?.length ?? 0) >= 2048 / 8;
  const curve = type.slice("ecdsa-sha2-".length);
  return first?.toString("latin1") === curve && second?.length === pointBytes[curve];
}
