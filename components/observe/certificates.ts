/** What certificates say of themselves. Pure. */
import { X509Certificate } from "node:crypto";

export interface CertificateFacts {
  /** Where on its host it stands. */
  path: string;
  /** `CN=kube-apiserver`, several parts joined by `, `. */
  subject: string;
  issuer: string;
  notBefore: Date;
  notAfter: Date;
  /** SHA-256 of the certificate, 64 hexadecimal digits. */
  sha256: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/g;

/** Every certificate of the files, in order; what is no certificate is passed over. */
export function parseCertificates(files: { path: string; pem: string }[]): CertificateFacts[] {
  return files.flatMap(({ path, pem }) =>
    certificatesIn(pem).map((certificate) => ({
      path,
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
      sha256: sha256Of(certificate),
    })),
  );
}

/** SHA-256 of the first certificate of a PEM text; undefined when there is none. */
export function caFingerprint(pem: string): string | undefined {
  const [certificate] = certificatesIn(pem);
  return certificate && sha256Of(certificate);
}

/** The start of a certificate's SHA-256, as messages show it; `unreadable` for what is no certificate. */
export function shortFingerprint(pem: string): string {
  return caFingerprint(pem)?.slice(0, 16) ?? "unreadable";
}

/** A PEM without line breaks, which are not part of what it says. */
export function bare(pem: string): string {
  return pem.replace(/\s/g, "");
}

function certificatesIn(pem: string): X509Certificate[] {
  return (pem.match(BLOCK) ?? []).flatMap((block) => {
    try {
      const certificate = new X509Certificate(block);
      return Number.isNaN(Date.parse(certificate.validTo)) ? [] : [certificate];
    } catch {
      return [];
    }
  });
}

function sha256Of(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
}

// Of a certificate without a subject node says undefined, whatever its types promise.
function oneLine(name: string | undefined): string {
  return (name ?? "").split("\n").join(", ");
}
