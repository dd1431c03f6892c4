/** IPv4 addresses and blocks as plain numbers; parsing is ipaddr.js's, strict (no leading zeros, four parts). */
import { IPv4 } from "ipaddr.js";

/** An IPv4 block whose `base` has no host bits. */
export interface Block {
  base: number;
  prefix: number;
}

/** Whether the text is an IPv4 address in its one canonical spelling. */
export function isIpv4(text: string): boolean {
  return IPv4.isValidFourPartDecimal(text) && IPv4.parse(text).toString() === text;
}

/** The address as an unsigned number. */
export function toNumber(address: string): number {
  return IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The address that an unsigned number stands for. */
export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** Number of addresses in a block of this prefix length. */
export function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

/** The block of this prefix length that an address lies in. */
export function blockOf(address: string, prefix: number): Block {
  const value = toNumber(address);
  return { base: value - (value % sizeOf(prefix)), prefix };
}

/** `10.0.0.0/8` as a block, host bits dropped; undefined when it is not an IPv4 block at all. */
export function parseBlock(cidr: string): Block | undefined {
  const match = /^([0-9.]+)\/(0|[1-9]\d?)$/.exec(cidr);
  const [, address = "", prefix = ""] = match ?? [];
  if (!isIpv4(address) || Number(prefix) > 32) return undefined;
  return blockOf(address, Number(prefix));
}

/** The block as text, `10.0.0.0/8`. */
export function formatBlock(block: Block): string {
  return `${toAddress(block.base)}/${block.prefix}`;
}

/** Whether two blocks share an address. Blocks are aligned, so one then contains the other. */
export function overlaps(a: Block, b: Block): boolean {
  const size = sizeOf(Math.min(a.prefix, b.prefix));
  return a.base - (a.base % size) === b.base - (b.base % size);
}

/** Whether an address lies in a block. */
export function contains(block: Block, address: string): boolean {
  return overlaps(block, { base: toNumber(address), prefix: 32 });
}

/** The n-th address after a block's base; throws when the block has no such address. */
export function addressAt(cidr: string, n: number): string {
  const block = parseBlock(cidr);
  if (block === undefined) throw new RangeError(`${cidr} is not an IPv4 block`);
  if (n < 0 || n >= sizeOf(block.prefix)) throw new RangeError(`${cidr} has no address number ${n}`);
  return toAddress(block.base + n);
}
