/** As much of DER as certificates need: written here, because every certificate must come out byte for byte as Go makes it. */

const LONG_FORM = 0x80;
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  printable: 0x13,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** One tagged value. */
export function tagged(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < LONG_FORM) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(8, "0"), "hex");
  const digits = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, LONG_FORM | digits.length]), digits, body]);
}

export const sequence = (...items: Buffer[]): Buffer => tagged(TAG.sequence, ...items);
/** DER wants the members of a set in the order of their bytes. */
export const setOf = (...items: Buffer[]): Buffer => tagged(TAG.set, ...items.sort(Buffer.compare));
export const octets = (content: Buffer): Buffer => tagged(TAG.octetString, content);
export const bits = (content: Buffer, unused = 0): Buffer => tagged(TAG.bitString, Buffer.from([unused]), content);
export const boolean = (value: boolean): Buffer => tagged(TAG.boolean, Buffer.from([value ? 0xff : 0]));
/** `[n]` around a value. */
export const explicit = (n: number, content: Buffer): Buffer => tagged(0xa0 | n, content);
/** `[n]` in place of a primitive value's tag. */
export const implicit = (n: number, content: Buffer): Buffer => tagged(0x80 | n, content);

/** A non-negative integer from its big-endian bytes. */
export function integer(value: Buffer | number): Buffer {
  let bytes = typeof value === "number" ? Buffer.from(value.toString(16).padStart(8, "0"), "hex") : value;
  while (bytes.length > 1 && bytes[0] === 0) bytes = bytes.subarray(1);
  return tagged(TAG.integer, bytes[0]! & 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (let arc of [first! * 40 + second!, ...rest]) {
    const group = [arc & 0x7f];
    while ((arc = Math.floor(arc / 128)) > 0) group.unshift((arc & 0x7f) | 0x80);
    bytes.push(...group);
  }
  return tagged(TAG.oid, Buffer.from(bytes));
}

/** PrintableString where its letters suffice, UTF8String otherwise, as Go chooses. */
export function text(value: string): Buffer {
  const tag = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/.test(value) ? TAG.printable : TAG.utf8;
  return tagged(tag, Buffer.from(value, "utf8"));
}

/** UTCTime up to 2049, GeneralizedTime after, in whole seconds. */
export function time(date: Date): Buffer {
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:T]/g, "");
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? tagged(TAG.utcTime, Buffer.from(digits.slice(2)))
    : tagged(TAG.generalizedTime, Buffer.from(digits));
}

/** A parsed value: `whole` with its header, `content` without. */
export interface Node {
  tag: number;
  whole: Buffer;
  content: Buffer;
}

function readOne(bytes: Buffer, at: number): Node {
  let length = bytes[at + 1];
  let start = at + 2;
  if (length === undefined) throw new Error("DER ends early");
  if (length & LONG_FORM) {
    const count = length & 0x7f;
    length = bytes.readUIntBE(start, count);
    start += count;
  }
  if (start + length > bytes.length) throw new Error("DER ends early");
  return {
    tag: bytes[at]!,
    whole: bytes.subarray(at, start + length),
    content: bytes.subarray(start, start + length),
  };
}

/** The values one after another in `bytes`. */
export function parse(bytes: Buffer): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length;) {
    const node = readOne(bytes, at);
    nodes.push(node);
    at += node.whole.length;
  }
  return nodes;
}

/** PEM with 64 columns. */
export function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The first block with this label. */
export function fromPem(label: string, pemText: string): Buffer {
  const block = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`).exec(pemText);
  if (!block) throw new Error(`no PEM block '${label}' found`);
  return Buffer.from(block[1]!, "base64");
}
