/** Private keys and the forms in which the tls provider gives them. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type ED25519KeyPairOptions,
  type KeyObject,
} from "node:crypto";
import { opensshPrivateKey, opensshPublicBlob } from "./openssh";

/** The provider's curve names and node's. */
export const CURVES: Record<string, string> = {
  P224: "secp224r1",
  P256: "prime256v1",
  P384: "secp384r1",
  P521: "secp521r1",
};

/** `algorithm` as the provider names it. */
export function algorithmOf(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return "RSA";
    case "ec":
      return "ECDSA";
    case "ed25519":
      return "ED25519";
    default:
      throw new Error(`unsupported private key type: ${key.asymmetricKeyType}`);
  }
}

/** Reads PKCS#1, SEC1 or PKCS#8 PEM. */
export function parsePrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error(`failed to parse private key PEM: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * A new key, read back from its PEM. A key that node hands out as it made it shares a lock with the job that made it:
 * when that job is garbage-collected while the key is exported as a JWK, Node 20 waits for itself for ever.
 */
export function generateKey(algorithm: string, curve: string, rsaBits: number): KeyObject {
  return createPrivateKey(generatePem(algorithm, curve, rsaBits));
}

function generatePem(algorithm: string, curve: string, rsaBits: number): string {
  const encodings: ED25519KeyPairOptions<"pem", "pem"> = {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  };
  switch (algorithm) {
    case "RSA":
      return generateKeyPairSync("rsa", { modulusLength: rsaBits, ...encodings }).privateKey;
    case "ECDSA":
      return generateKeyPairSync("ec", { namedCurve: CURVES[curve]!, ...encodings }).privateKey;
    default:
      return generateKeyPairSync("ed25519", encodings).privateKey;
  }
}

function traditionalPem(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return key.export({ type: "pkcs1", format: "pem" }) as string;
    case "ec":
      return key.export({ type: "sec1", format: "pem" }) as string;
    default:
      return key.export({ type: "pkcs8", format: "pem" }) as string;
  }
}

function publicForms(key: KeyObject) {
  const blob = opensshPublicBlob(key);
  // x/crypto/ssh, which the official provider uses, does not know P-224: the OpenSSH forms are empty then.
  if (!blob)
    return {
      publicKeyOpenssh: "",
      publicKeyFingerprintMd5: "",
      publicKeyFingerprintSha256: "",
    };
  const md5 = createHash("md5").update(blob.bytes).digest("hex");
  const sha256 = createHash("sha256").update(blob.bytes).digest("base64").replace(/=+$/, "");
  return {
    publicKeyOpenssh: `${blob.type} ${blob.bytes.toString("base64")}\n`,
    publicKeyFingerprintMd5: md5.match(/../g)!.join(":"),
    publicKeyFingerprintSha256: `SHA256:${sha256}`,
  };
}

/** All outputs of a PrivateKey, and its id. */
export function keyOutputs(key: KeyObject) {
  const publicKey = createPublicKey(key);
  const spki = publicKey.export({ type: "spki", format: "der" });
  return {
    id: createHash("sha1").update(spki).digest("hex"),
    outputs: {
      privateKeyPem: traditionalPem(key),
      privateKeyPemPkcs8: key.export({
        type: "pkcs8",
        format: "pem",
      }) as string,
      privateKeyOpenssh: opensshPrivateKey(key),
      publicKeyPem: publicKey.export({ type: "spki", format: "pem" }) as string,
      ...publicForms(key),
    },
  };
}
