/** From files to the keys of a cluster that this program built. Pure. */
import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from "node:crypto";

import { AdoptError } from "./error";
import type { KeyFiles } from "./files";

export interface Authority {
  key: KeyObject;
  certificate: X509Certificate;
}

/** What nothing can make anew. */
export interface Material {
  kubernetes: Authority;
  frontProxy: Authority;
  etcd: Authority;
  serviceAccount: KeyObject;
}

/** Throws one error that lists everything wrong with the files; of their contents it says nothing. */
export function materialOf(files: KeyFiles, now = Date.now()): Material {
  const reader = new Reader(files, now);
  const material = {
    kubernetes: reader.authority("ca"),
    frontProxy: reader.authority("front-proxy-ca"),
    etcd: reader.authority("etcd/ca"),
    serviceAccount: reader.key("sa.key"),
  };
  reader.checkPublicHalf(material.serviceAccount);
  if (reader.problems.length > 0)
    throw new AdoptError("these are not the keys of a cluster that this program built", reader.problems);
  return material as Material;
}

class Reader {
  readonly problems: string[] = [];

  constructor(
    private readonly files: KeyFiles,
    private readonly now: number,
  ) {}

  authority(name: string): Authority | undefined {
    const key = this.key(`${name}.key`);
    const certificate = this.certificate(`${name}.crt`);
    if (key === undefined || certificate === undefined) return undefined;
    if (!certificate.checkPrivateKey(key)) return this.problem(`${name}.key is not the key of ${name}.crt`);
    return { key, certificate };
  }

  key(name: string): KeyObject | undefined {
    const key = parsed(() => createPrivateKey(this.files.get(name) ?? ""));
    if (key === undefined) return this.problem(`${name} is no private key in PEM`);
    const curve = key.asymmetricKeyDetails?.namedCurve;
    if (curve !== "prime256v1") {
      return this.problem(
        `${name} is of type ${curve ?? key.asymmetricKeyType}: the program makes ECDSA keys on P-256`,
      );
    }
    return key;
  }

  checkPublicHalf(key: KeyObject | undefined): void {
    const text = this.files.get("sa.pub");
    if (key === undefined || text === undefined) return;
    const given = parsed(() => createPublicKey(text));
    if (!given?.equals(createPublicKey(key))) this.problem("sa.key is not the key of sa.pub");
  }

  private certificate(name: string): X509Certificate | undefined {
    const certificate = parsed(() => new X509Certificate(this.files.get(name) ?? ""));
    if (certificate === undefined) return this.problem(`${name} is no certificate in PEM`);
    if (!certificate.ca || !certificate.verify(certificate.publicKey)) {
      return this.problem(`${name} is not a certificate authority that signed itself`);
    }
    if (Date.parse(certificate.validTo) <= this.now) return this.problem(`${name} ended on ${certificate.validTo}`);
    return certificate;
  }

  private problem(text: string): undefined {
    this.problems.push(text);
    return undefined;
  }
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
