/** Keys in OpenSSH's own formats (PROTOCOL.key, RFC 4253 and 5656). */
import { randomBytes, type JsonWebKey, type KeyObject } from "node:crypto";

const SSH_CURVES: Record<string, string> = {
  "P-256": "nistp256",
  "P-384": "nistp384",
  "P-521": "nistp521",
};
const CIPHER_BLOCK = 8;
const PEM_COLUMNS = 64;

const bytesOf = (text: string | undefined): Buffer => Buffer.from(text ?? "", "base64url");

function field(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A positive integer: no leading zeros but the one that keeps it positive. */
function mpint(value: Buffer): Buffer {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start++;
  const trimmed = value.subarray(start);
  return field(trimmed[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed);
}

interface Parts {
  type: string;
  publicFields: Buffer[];
  privateFields: Buffer[];
}

function rsaParts(jwk: JsonWebKey): Parts {
  const [n, e] = [mpint(bytesOf(jwk.n)), mpint(bytesOf(jwk.e))];
  const rest = [jwk.d, jwk.qi, jwk.p, jwk.q].map((part) => mpint(bytesOf(part)));
  return {
    type: "ssh-rsa",
    publicFields: [e, n],
    privateFields: [n, e, ...rest],
  };
}

function ecdsaParts(jwk: JsonWebKey, curve: string): Parts {
  const point = Buffer.concat([Buffer.from([4]), bytesOf(jwk.x), bytesOf(jwk.y)]);
  const publicFields = [field(curve), field(point)];
  return {
    type: `ecdsa-sha2-${curve}`,
    publicFields,
    privateFields: [...publicFields, mpint(bytesOf(jwk.d))],
  };
}

function ed25519Parts(jwk: JsonWebKey): Parts {
  const point = bytesOf(jwk.x);
  const publicFields = [field(point)];
  return {
    type: "ssh-ed25519",
    publicFields,
    privateFields: [...publicFields, field(Buffer.concat([bytesOf(jwk.d), point]))],
  };
}

/** `undefined` for curves that OpenSSH does not know. */
function partsOf(key: KeyObject): Parts | undefined {
  if (key.asymmetricKeyDetails?.namedCurve === "secp224r1") return undefined;
  const jwk = key.export({ format: "jwk" });
  if (jwk.kty === "RSA") return rsaParts(jwk);
  if (jwk.kty === "OKP") return ed25519Parts(jwk);
  const curve = SSH_CURVES[jwk.crv ?? ""];
  return curve ? ecdsaParts(jwk, curve) : undefined;
}

function blobOf({ type, publicFields }: Parts): Buffer {
  return Buffer.concat([field(type), ...publicFields]);
}

/** The public key as `authorized_keys` has it in base64. */
export function opensshPublicBlob(key: KeyObject): { type: string; bytes: Buffer } | undefined {
  const parts = partsOf(key);
  return parts && { type: parts.type, bytes: blobOf(parts) };
}

/** The private key as PEM `OPENSSH PRIVATE KEY` without a passphrase; empty for curves that OpenSSH does not know. */
export function opensshPrivateKey(key: KeyObject): string {
  const parts = partsOf(key);
  if (!parts) return "";
  const check = randomBytes(4);
  const secret = Buffer.concat([check, check, field(parts.type), ...parts.privateFields, field("")]);
  const padding = Buffer.from(
    Array.from(
      {
        length: (CIPHER_BLOCK - (secret.length % CIPHER_BLOCK)) % CIPHER_BLOCK,
      },
      (_, i) => i + 1,
    ),
  );
  const body = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    Buffer.from([0, 0, 0, 1]),
    field(blobOf(parts)),
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = body.toString("base64").match(new RegExp(`.{1,${PEM_COLUMNS}}`, "g"))!;
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
