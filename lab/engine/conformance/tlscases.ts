/** The tls resources under test, and the keys and authorities that cases start from. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Plugin, secret, type Wire } from "./plugin";
import type { Implementation } from "./plugins";

const TYPES = ["PrivateKey", "SelfSignedCert", "LocallySignedCert", "CertRequest"];
const MARK = "4dabf18193072939515e22adb298388d";

/** A value without its secret mark, as text. */
export const open = (value: unknown): string =>
  typeof value === "object" && value !== null && MARK in value ? String((value as Wire)["value"]) : String(value);

/** State without what the Terraform bridge keeps for itself. */
export const withoutMeta = (state: Wire): Wire =>
  Object.fromEntries(Object.entries(state).filter(([key]) => !key.startsWith("__")));

/** Starts one plugin for each type around the cases of a suite. */
export function tlsCases({ executable }: Implementation) {
  const plugins = new Map<string, Plugin>();
  before(async () => {
    for (const type of TYPES) {
      const token = `tls:index/${type[0]!.toLowerCase()}${type.slice(1)}:${type}`;
      plugins.set(type, await Plugin.start(await executable(), token));
    }
  });
  after(async () => {
    for (const plugin of plugins.values()) await plugin.stop();
  });

  const plugin = (type: string): Plugin => plugins.get(type)!;

  const make = async (type: string, inputs: Wire) => {
    const { inputs: checked, failures } = await plugin(type).check(inputs);
    assert.deepEqual(failures, []);
    return { plugin: plugin(type), checked, ...(await plugin(type).create(checked)) };
  };

  const newKey = async (inputs: Wire = { algorithm: "ECDSA", ecdsaCurve: "P256" }): Promise<string> =>
    open((await make("PrivateKey", inputs)).state["privateKeyPem"]);

  const authority = async (more: Wire = {}) => {
    const privateKeyPem = await newKey();
    const made = await make("SelfSignedCert", {
      privateKeyPem: secret(privateKeyPem),
      isCaCertificate: true,
      validityPeriodHours: 24,
      allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
      subject: { commonName: "ca", organization: "lab" },
      ...more,
    });
    return { ...made, privateKeyPem };
  };

  const leaf = async (more: Wire = {}) => {
    const signer = await authority();
    const request = await make("CertRequest", {
      privateKeyPem: secret(await newKey()),
      subject: { commonName: "leaf", organization: "system:masters" },
      dnsNames: ["leaf.example"],
      ipAddresses: ["10.1.2.3"],
    });
    const made = await make("LocallySignedCert", {
      certRequestPem: request.state["certRequestPem"],
      caCertPem: signer.state["certPem"],
      caPrivateKeyPem: secret(signer.privateKeyPem),
      validityPeriodHours: 10,
      allowedUses: ["client_auth", "digital_signature"],
      ...more,
    });
    return { ...made, signer, request };
  };

  return { plugin, make, newKey, authority, leaf };
}
