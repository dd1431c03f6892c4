/** The forms of a key and of a certificate that the tls provider keeps as outputs. Pure. */
import { createHash, createPublicKey, randomBytes, type KeyObject, type X509Certificate } from "node:crypto";

const TYPE = "ecdsa-sha2-nistp256";
const CURVE = "nistp256";
/** Columns of a PEM. */
const WIDTH = 64;

/** Of a key on P-256. */
export interface KeyForms {
  /** The provider's id: SHA-1 of the public key in DER. */
  id: string;
  privateKeyPem: string;
  privateKeyPemPkcs8: string;
  privateKeyOpenssh: string;
  publicKeyPem: string;
  publicKeyOpenssh: string;
  publicKeyFingerprintMd5: string;
  publicKeyFingerprintSha256: string;
}

export function keyForms(key: KeyObject): KeyForms {
  const publicKey = createPublicKey(key);
  const blob = Buffer.concat([field(TYPE), ...publicFields(key)]);
  const md5 = createHash("md5").update(blob).digest("hex");
  const sha256 = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  return {
    id: createHash("sha1")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("hex"),
    privateKeyPem: key.export({ type: "sec1", format: "pem" }) as string,
    privateKeyPemPkcs8: key.export({ type: "pkcs8", format: "pem" }) as string,
    privateKeyOpenssh: openssh(key, blob),
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }) as string,
    publicKeyOpenssh: `${TYPE} ${blob.toString("base64")}\n`,
    publicKeyFingerprintMd5: md5.match(/../g)!.join(":"),
    publicKeyFingerprintSha256: `SHA256:${sha256}`,
  };
}

/** Decimal, as the provider names a certificate by it. */
export function serialOf(certificate: X509Certificate): string {
  return BigInt(`0x${certificate.serialNumber}`).toString();
}

/** The end or the beginning of a certificate, as RFC 3339 has it. */
export function timeOf(text: string): string {
  return new Date(text).toISOString().replace(".000Z", "Z");
}

/** OpenSSH's own format, PROTOCOL.key, without a passphrase. */
function openssh(key: KeyObject, blob: Buffer): string {
  const check = randomBytes(4);
  const { d } = key.export({ format: "jwk" });
  const secret = Buffer.concat([
    check,
    check,
    field(TYPE),
    ...publicFields(key),
    integer(Buffer.from(d!, "base64url")),
    field(""),
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (secret.length % 8)) % 8));
  const text = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    Buffer.from([0, 0, 0, 1]),
    field(blob),
    field(Buffer.concat([secret, padding])),
  ]).toString("base64");
  const lines = text.match(new RegExp(`.{1,${WIDTH}}`, "g"))!;
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function publicFields(key: KeyObject): Buffer[] {
  const { x, y } = key.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x!, "base64url"), Buffer.from(y!, "base64url")]);
  return [field(CURVE), field(point)];
}

function field(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Without leading zeros but the one that keeps it positive. */
function integer(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const trimmed = bytes.subarray(Math.max(0, start));
  return field(trimmed[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed);
}
