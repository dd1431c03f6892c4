/** Private keys and the forms in which the tls provider gives them. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
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

export function generateKey(algorithm: string, curve: string, rsaBits: number): KeyObject {
  switch (algorithm) {
    case "RSA":
      return generateKeyPairSync("rsa", { modulusLength: rsaBits }).privateKey;
    case "ECDSA":
      return generateKeyPairSync("ec", { namedCurve: CURVES[curve]! }).privateKey;
    default:
      return generateKeyPairSync("ed25519").privateKey;
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
