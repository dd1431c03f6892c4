/** Distinguished names and subject alternative names. */
import { isIP } from "node:net";
import { implicit, oid, sequence, setOf, tagged, TAG, text } from "./der";

/** `subject` of the tls provider. */
export interface Subject {
  commonName?: string;
  country?: string;
  emailAddress?: string;
  locality?: string;
  organization?: string;
  organizationalUnit?: string;
  postalCode?: string;
  province?: string;
  serialNumber?: string;
  streetAddresses?: string[];
}

/** Alternative names by kind. */
export interface AlternativeNames {
  dnsNames: string[];
  ipAddresses: string[];
  uris: string[];
}

/** In the order in which Go writes them since 1.26. */
const ATTRIBUTES: [keyof Subject, string][] = [
  ["country", "2.5.4.6"],
  ["province", "2.5.4.8"],
  ["locality", "2.5.4.7"],
  ["streetAddresses", "2.5.4.9"],
  ["postalCode", "2.5.4.17"],
  ["organization", "2.5.4.10"],
  ["organizationalUnit", "2.5.4.11"],
  ["commonName", "2.5.4.3"],
  ["serialNumber", "2.5.4.5"],
];
const EMAIL = "1.2.840.113549.1.9.1";

/** A Name, as DER. */
export function distinguishedName(subject: Subject): Buffer {
  const parts = ATTRIBUTES.flatMap(([key, id]) => {
    const values = [subject[key] ?? []].flat().filter((value) => value !== "" || key === "streetAddresses");
    return values.length === 0 ? [] : [setOf(...values.map((value) => sequence(oid(id), text(value))))];
  });
  if (subject.emailAddress) {
    parts.push(setOf(sequence(oid(EMAIL), tagged(TAG.ia5, Buffer.from(subject.emailAddress)))));
  }
  return sequence(...parts);
}

export const EMPTY_NAME = sequence();

function ipv6Bytes(address: string): number[] {
  // `URL` gives the address in full hexadecimal groups, IPv4 tails included.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const [front, back] = [groups(head), groups(tail)];
  const middle = Array<string>(8 - front.length - back.length).fill("0");
  return [...front, ...middle, ...back].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]);
}

function ipBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  if (isIP(address) === 6) return Buffer.from(ipv6Bytes(address));
  throw new Error(`Invalid IP address: failed to parse "${address}"`);
}

/** GeneralNames, as DER; `undefined` when there are none. */
export function alternativeNames({ dnsNames, ipAddresses, uris }: AlternativeNames): Buffer | undefined {
  const names = [
    ...dnsNames.map((name) => implicit(2, Buffer.from(name))),
    ...ipAddresses.map((address) => implicit(7, ipBytes(address))),
    ...uris.map((uri) => implicit(6, Buffer.from(uri))),
  ];
  return names.length === 0 ? undefined : sequence(...names);
}
