/** Certificates and certificate requests as Go's crypto/x509 makes them. */
import { createHash, createPublicKey, randomBytes, sign, X509Certificate, type KeyObject } from "node:crypto";
import {
  bits,
  boolean,
  explicit,
  fromPem,
  implicit,
  integer,
  octets,
  oid,
  parse,
  pem,
  sequence,
  setOf,
  tagged,
  TAG,
  time,
} from "./der";
import { EMPTY_NAME } from "./names";
import { extendedKeyUsage, keyUsage } from "./usages";

const OID = {
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  extensionRequest: "1.2.840.113549.1.9.14",
  ed25519: "1.3.101.112",
  sha256WithRsa: "1.2.840.113549.1.1.11",
};
const ECDSA_HASHES: Record<string, [hash: string, oid: string]> = {
  secp224r1: ["sha256", "1.2.840.10045.4.3.2"],
  prime256v1: ["sha256", "1.2.840.10045.4.3.2"],
  secp384r1: ["sha384", "1.2.840.10045.4.3.3"],
  secp521r1: ["sha512", "1.2.840.10045.4.3.4"],
};
const SERIAL_BYTES = 16;
const HOUR_MS = 3_600_000;

export interface Extensions {
  uses: string[];
  isCa: boolean;
  /** Ignored when 0 or less, as the official provider does. */
  maxPathLength: number | undefined;
  setSubjectKeyId: boolean;
  setAuthorityKeyId: boolean;
}

export interface Template extends Extensions {
  subject: Buffer;
  alternativeNames: Buffer | undefined;
  publicKey: KeyObject;
  validityPeriodHours: number;
}

export interface Authority {
  key: KeyObject;
  name: Buffer;
  subjectKeyId: Buffer | undefined;
}

export interface Certificate {
  serial: string;
  certPem: string;
  validityStartTime: string;
  validityEndTime: string;
}

const spkiOf = (publicKey: KeyObject): Buffer => publicKey.export({ type: "spki", format: "der" });

function signed(body: Buffer, key: KeyObject): Buffer {
  let hash: string | null = "sha256";
  let algorithm = sequence(oid(OID.sha256WithRsa), tagged(TAG.null));
  if (key.asymmetricKeyType === "ed25519") [hash, algorithm] = [null, sequence(oid(OID.ed25519))];
  if (key.asymmetricKeyType === "ec") {
    const [digest, id] = ECDSA_HASHES[key.asymmetricKeyDetails?.namedCurve ?? ""]!;
    [hash, algorithm] = [digest, sequence(oid(id))];
  }
  const wrap = (content: Buffer) => sequence(content, algorithm, bits(sign(hash, content, key)));
  return wrap(body);
}

function signatureAlgorithm(key: KeyObject): Buffer {
  return parse(parse(signed(Buffer.alloc(0), key))[0]!.content)[0]!.whole;
}

/** SHA-1 over the public key's bits; for Ed25519 over them as an octet string, as the official provider does. */
function subjectKeyId(publicKey: KeyObject): Buffer {
  const key = parse(parse(spkiOf(publicKey))[0]!.content)[1]!.content.subarray(1);
  const hashed = publicKey.asymmetricKeyType === "ed25519" ? octets(key) : key;
  return createHash("sha1").update(hashed).digest();
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

function basicConstraints({ isCa, maxPathLength }: Extensions): Buffer {
  const length = maxPathLength !== undefined && maxPathLength > 0 ? [integer(maxPathLength)] : [];
  return sequence(...(isCa ? [boolean(true)] : []), ...length);
}

function extensionsOf(template: Template, authority: Authority): Buffer[] {
  const own = template.isCa || template.setSubjectKeyId ? subjectKeyId(template.publicKey) : undefined;
  const selfSigned = template.subject.equals(authority.name);
  if (template.setAuthorityKeyId && !(authority.subjectKeyId ?? own))
    throw new Error("Invalid Certificate Authority: Could not determine Authority Key Identifier");
  const above =
    template.setAuthorityKeyId || !selfSigned ? (authority.subjectKeyId ?? (selfSigned ? own : undefined)) : undefined;
  const extensions: (Buffer | false | undefined)[] = [];
  const usage = keyUsage(template.uses);
  const extended = extendedKeyUsage(template.uses);
  extensions.push(usage && extension(OID.keyUsage, true, usage));
  extensions.push(extended && extension(OID.extendedKeyUsage, false, extended));
  extensions.push(extension(OID.basicConstraints, true, basicConstraints(template)));
  extensions.push(own && extension(OID.subjectKeyId, false, octets(own)));
  extensions.push(above && extension(OID.authorityKeyId, false, sequence(implicit(0, above))));
  const names = template.alternativeNames;
  extensions.push(names && extension(OID.alternativeNames, template.subject.equals(EMPTY_NAME), names));
  return extensions.filter((item) => Buffer.isBuffer(item));
}

/** Makes a certificate for the template's key, signed by the authority's. */
export function createCertificate(template: Template, authority: Authority): Certificate {
  if (template.isCa && template.subject.equals(EMPTY_NAME))
    throw new Error(
      "Invalid Certificate Subject: Must contain at least one Distinguished Name when creating Certificate Authority (CA)",
    );
  const start = new Date();
  const end = new Date(start.getTime() + template.validityPeriodHours * HOUR_MS);
  const serial = randomBytes(SERIAL_BYTES);
  const body = sequence(
    explicit(0, integer(2)),
    integer(serial),
    signatureAlgorithm(authority.key),
    authority.name,
    sequence(time(start), time(end)),
    template.subject,
    spkiOf(template.publicKey),
    explicit(3, sequence(...extensionsOf(template, authority))),
  );
  return {
    serial: BigInt(`0x${serial.toString("hex")}`).toString(),
    certPem: pem("CERTIFICATE", signed(body, authority.key)),
    validityStartTime: start.toISOString(),
    validityEndTime: end.toISOString(),
  };
}

/** Makes a request, PEM and its id. */
export function createRequest(key: KeyObject, subject: Buffer, names: Buffer | undefined): { id: string; pem: string } {
  const wanted = names && sequence(extension(OID.alternativeNames, subject.equals(EMPTY_NAME), names));
  const attributes = wanted ? [sequence(oid(OID.extensionRequest), setOf(wanted))] : [];
  const body = sequence(integer(0), subject, spkiOf(createPublicKey(key)), tagged(0xa0, ...attributes));
  const der = signed(body, key);
  return {
    id: createHash("sha1").update(der).digest("hex"),
    pem: pem("CERTIFICATE REQUEST", der),
  };
}

function extensionValue(list: Buffer, id: string): Buffer | undefined {
  for (const item of parse(parse(list)[0]!.content)) {
    const fields = parse(item.content);
    if (fields[0]!.whole.equals(oid(id))) return fields.at(-1)!.content;
  }
  return undefined;
}

/** What a certificate takes from a request: its subject, key and alternative names. */
export function readRequest(requestPem: string): Pick<Template, "subject" | "publicKey" | "alternativeNames"> {
  const [info] = parse(parse(fromPem("CERTIFICATE REQUEST", requestPem))[0]!.content);
  const [, subject, spki, attributes] = parse(info!.content);
  let names: Buffer | undefined;
  for (const attribute of attributes ? parse(attributes.content) : []) {
    const [id, values] = parse(attribute.content);
    if (id!.whole.equals(oid(OID.extensionRequest))) names = extensionValue(values!.content, OID.alternativeNames);
  }
  return {
    subject: subject!.whole,
    publicKey: createPublicKey({
      key: spki!.whole,
      type: "spki",
      format: "der",
    }),
    alternativeNames: names,
  };
}

/** What an authority's certificate gives to those it signs. */
export function readAuthority(certPem: string, key: KeyObject): Authority & { isCa: boolean } {
  const der = fromPem("CERTIFICATE", certPem);
  const fields = parse(parse(parse(der)[0]!.content)[0]!.content);
  const subject = fields[5]!.whole;
  const extensions = fields.find((field) => field.tag === 0xa3);
  const id = extensions && extensionValue(extensions.content, OID.subjectKeyId);
  return {
    key,
    name: subject,
    subjectKeyId: id && parse(id)[0]!.content,
    isCa: new X509Certificate(certPem).ca,
  };
}
