/** Real certificates for real programs, by openssl: ECDSA P-256, as the program's own PKI makes them. */
import { join } from "node:path";

import { run } from "../lab/sh";
import { write } from "./scratch";

/** A key and its certificate as files, `NAME.key` and `NAME.crt`. */
export interface PairFiles {
  certificate: string;
  key: string;
}

/** Names that a certificate answers to. */
export interface Names {
  dnsNames: string[];
  ipAddresses: string[];
}

/** Makes a certificate authority in a folder. */
export function makeAuthority(folder: string, name: string): Promise<PairFiles> {
  return request(folder, name, ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"], []);
}

/** Issues a certificate for servers and clients. */
export function issue(folder: string, name: string, ca: PairFiles, names: Names): Promise<PairFiles> {
  const alternative = [...names.dnsNames.map((dns) => `DNS:${dns}`), ...names.ipAddresses.map((ip) => `IP:${ip}`)];
  const extensions = [
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature,keyEncipherment",
    "extendedKeyUsage=serverAuth,clientAuth",
    `subjectAltName=${alternative.join(",")}`,
  ];
  return request(folder, name, extensions, ["-CA", ca.certificate, "-CAkey", ca.key]);
}

async function request(folder: string, name: string, extensions: string[], signer: string[]): Promise<PairFiles> {
  const pair = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  // An empty configuration, so that the machine's own adds nothing.
  const config = write(folder, "openssl.cnf", "[req]\ndistinguished_name = dn\n[dn]\n");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", pair.key];
  const fields = ["-subj", `/CN=${name}`, ...extensions.flatMap((extension) => ["-addext", extension])];
  await run("openssl", [
    "req",
    "-x509",
    "-config",
    config,
    "-days",
    "2",
    ...key,
    "-out",
    pair.certificate,
    ...fields,
    ...signer,
  ]);
  return pair;
}
