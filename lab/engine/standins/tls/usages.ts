/** `allowedUses` → key usage bits and extended key usages. */
import { bits, oid, sequence } from "./der";

const KEY_USAGE_BITS: Record<string, number> = {
  digital_signature: 0,
  content_commitment: 1,
  key_encipherment: 2,
  data_encipherment: 3,
  key_agreement: 4,
  cert_signing: 5,
  crl_signing: 6,
  encipher_only: 7,
  decipher_only: 8,
};

const EXTENDED: Record<string, string> = {
  any_extended: "2.5.29.37.0",
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
  code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4",
  ipsec_end_system: "1.3.6.1.5.5.7.3.5",
  ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
  ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  ocsp_signing: "1.3.6.1.5.5.7.3.9",
  microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
  netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
  microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22",
  microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

export const KNOWN_USES = [...Object.keys(KEY_USAGE_BITS), ...Object.keys(EXTENDED)].sort();

/** KeyUsage as a bit string without trailing zeros; `undefined` when no use is a key usage. */
export function keyUsage(uses: string[]): Buffer | undefined {
  const positions = uses.map((use) => KEY_USAGE_BITS[use]).filter((bit) => bit !== undefined);
  if (positions.length === 0) return undefined;
  const highest = Math.max(...positions);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const bit of positions) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
  return bits(bytes, 7 - (highest & 7));
}

/** ExtendedKeyUsage, in the order given; `undefined` when no use is an extended one. */
export function extendedKeyUsage(uses: string[]): Buffer | undefined {
  const oids = uses.map((use) => EXTENDED[use]).filter((value) => value !== undefined);
  return oids.length === 0 ? undefined : sequence(...oids.map(oid));
}
