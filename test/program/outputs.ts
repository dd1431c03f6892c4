/** What providers would answer: outputs that look like the real ones, the same in every run. */
import { createHash } from "node:crypto";

import type { Resource } from "./recording";
import { reveal, secret, UNKNOWN } from "./wire";

type Outputs = Record<string, unknown>;

/** Outputs of one resource by type: another input is another output. Every secret text that is handed out is noted in `secrets`. */
export function plausibleOutputs(resource: Resource, preview: boolean, secrets: Map<string, string>): Outputs {
  const hidden = (field: string, text: string) => {
    if (preview) return secret(UNKNOWN);
    secrets.set(`${resource.name}.${field}`, text);
    return secret(text);
  };
  const open = (text: string) => (preview ? UNKNOWN : text);
  const body = digest(`${resource.name} ${canonical(reveal(resource.inputs))}`);
  switch (resource.type) {
    case "tls:index/privateKey:PrivateKey":
      return {
        privateKeyPem: hidden("privateKeyPem", pem("EC PRIVATE KEY", body)),
        privateKeyPemPkcs8: hidden("privateKeyPemPkcs8", pem("PRIVATE KEY", digest(`pkcs8 ${body}`))),
        privateKeyOpenssh: hidden("privateKeyOpenssh", pem("OPENSSH PRIVATE KEY", digest(`openssh ${body}`))),
        publicKeyPem: open(pem("PUBLIC KEY", digest(`public ${body}`))),
      };
    case "tls:index/certRequest:CertRequest":
      return { certRequestPem: open(pem("CERTIFICATE REQUEST", body)) };
    case "tls:index/selfSignedCert:SelfSignedCert":
    case "tls:index/locallySignedCert:LocallySignedCert":
      return { certPem: open(pem("CERTIFICATE", body)), readyForRenewal: preview ? UNKNOWN : false };
    case "random:index/randomPassword:RandomPassword":
      return { result: hidden("result", body.slice(0, Number(resource.inputs["length"]))) };
    case "command:remote:Command":
    case "command:local:Command":
      return { stdout: open(""), stderr: open("") };
    default:
      // Kubernetes objects and the provider itself: what was asked for is what there is.
      return {};
  }
}

/** Lines as long as real ones, unlike anything else in any text. */
function pem(label: string, body: string): string {
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

/** The same text however the keys are ordered. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url").replaceAll(/[-_=]/g, "x");
}
