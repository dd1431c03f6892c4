/** The resources that hold what cannot be made anew, as a state has them. Pure. */
import { keyForms, serialOf, timeOf } from "./forms";
import type { Authority, Material } from "./material";
import type { KeyObject } from "node:crypto";

export const PRIVATE_KEY = "tls:index/privateKey:PrivateKey";
export const SELF_SIGNED = "tls:index/selfSignedCert:SelfSignedCert";

/** A resource whose values are known; its place and its other inputs are the program's. */
export interface Seed {
  type: string;
  name: string;
  id: string;
  /** Of those inputs that a preview cannot know. */
  inputs: Record<string, unknown>;
  /** Of those that are no inputs. */
  outputs: Record<string, unknown>;
}

/** A value as an exported deployment has it; importing encrypts it. */
export function secret(value: unknown): Record<string, string> {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", plaintext: JSON.stringify(value) };
}

/** In an order in which each comes after what it depends on. Names are those that Pki gives. */
export function seedsOf(cluster: string, material: Material): Seed[] {
  const authorities: [string, Authority][] = [
    [`${cluster}-kubernetes`, material.kubernetes],
    [`${cluster}-etcd`, material.etcd],
    [`${cluster}-front-proxy`, material.frontProxy],
  ];
  return [
    keySeed(`${cluster}-service-account`, material.serviceAccount),
    ...authorities.map(([name, { key }]) => keySeed(`${name}-key`, key)),
    ...authorities.map(([name, authority]) => certificateSeed(`${name}-cert`, authority)),
  ];
}

// __meta is the version of the schema that the providers of package.json's release write; without it they would take
// the values for those of their first release.
function keySeed(name: string, key: KeyObject): Seed {
  const { id, privateKeyPem, privateKeyPemPkcs8, privateKeyOpenssh, ...open } = keyForms(key);
  const outputs = {
    __meta: JSON.stringify({ schema_version: "1" }),
    rsaBits: 2048,
    ...open,
    privateKeyPem: secret(privateKeyPem),
    privateKeyPemPkcs8: secret(privateKeyPemPkcs8),
    privateKeyOpenssh: secret(privateKeyOpenssh),
  };
  return { type: PRIVATE_KEY, name, id, inputs: {}, outputs };
}

function certificateSeed(name: string, { key, certificate }: Authority): Seed {
  const outputs = {
    certPem: certificate.toString(),
    earlyRenewalHours: 0,
    keyAlgorithm: "ECDSA",
    readyForRenewal: false,
    setAuthorityKeyId: false,
    validityStartTime: timeOf(certificate.validFrom),
    validityEndTime: timeOf(certificate.validTo),
  };
  const inputs = { privateKeyPem: secret(keyForms(key).privateKeyPem) };
  return { type: SELF_SIGNED, name, id: serialOf(certificate), inputs, outputs };
}
