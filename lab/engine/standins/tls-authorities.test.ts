/** tls:SelfSignedCert: what stands in the certificate and in state. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import { implementations } from "../conformance/plugins";
import { secret, UNKNOWN } from "../conformance/plugin";
import { open, tlsCases, withoutMeta } from "../conformance/tlscases";

const HOUR_MS = 3_600_000;
const LIMIT = { timeout: 120_000 };

for (const implementation of implementations("tls")) {
  describe(`${implementation.title}: SelfSignedCert`, LIMIT, () => {
    const { plugin, newKey, authority: ca } = tlsCases(implementation);
    test("a CA is a CA, signs itself and says how long", async () => {
      const { state, id } = await ca();
      const cert = new X509Certificate(String(state["certPem"]));
      assert.equal(cert.ca, true);
      assert.ok(cert.verify(cert.publicKey));
      assert.equal(cert.subject, "O=lab\nCN=ca");
      assert.equal(BigInt(`0x${cert.serialNumber}`).toString(), id);
      const [from, to] = [Date.parse(String(state["validityStartTime"])), Date.parse(String(state["validityEndTime"]))];
      assert.equal(to - from, 24 * HOUR_MS);
      assert.equal(Math.floor(from / 1000) * 1000, Date.parse(cert.validFrom));
      assert.equal(state["readyForRenewal"], false);
      assert.equal(state["keyAlgorithm"], "ECDSA");
    });

    test("state has the defaults and keeps the key secret", async () => {
      const { state } = await ca();
      const { certPem, validityEndTime, validityStartTime, privateKeyPem, id, maxPathLength, ...rest } =
        withoutMeta(state);
      void [certPem, validityEndTime, validityStartTime, id];
      assert.ok(maxPathLength === undefined || maxPathLength === null);
      assert.deepEqual(privateKeyPem, secret(open(privateKeyPem)));
      assert.deepEqual(rest, {
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        earlyRenewalHours: 0,
        isCaCertificate: true,
        keyAlgorithm: "ECDSA",
        readyForRenewal: false,
        setAuthorityKeyId: false,
        setSubjectKeyId: false,
        subject: { commonName: "ca", organization: "lab" },
        validityPeriodHours: 24,
      });
    });

    test("the preview of a creation with an unknown key", async () => {
      const certs = plugin("SelfSignedCert");
      const { inputs } = await certs.check({
        privateKeyPem: secret(UNKNOWN),
        validityPeriodHours: 24,
        allowedUses: ["client_auth"],
        subject: { commonName: "x" },
      });
      const { state } = await certs.create(inputs, { preview: true });
      assert.deepEqual(state, {
        allowedUses: ["client_auth"],
        certPem: UNKNOWN,
        earlyRenewalHours: 0,
        id: UNKNOWN,
        isCaCertificate: false,
        keyAlgorithm: UNKNOWN,
        maxPathLength: UNKNOWN,
        privateKeyPem: UNKNOWN,
        readyForRenewal: false,
        setAuthorityKeyId: false,
        setSubjectKeyId: false,
        subject: { commonName: "x" },
        validityEndTime: UNKNOWN,
        validityPeriodHours: 24,
        validityStartTime: UNKNOWN,
      });
    });

    test("every kind of subject, name and usage finds its place", async () => {
      const { state } = await ca({
        isCaCertificate: false,
        setSubjectKeyId: true,
        setAuthorityKeyId: false,
        allowedUses: ["server_auth", "key_encipherment", "client_auth", "digital_signature"],
        dnsNames: ["a.example", "*.b.example"],
        ipAddresses: ["10.0.0.1", "2001:db8::1"],
        uris: ["spiffe://lab/x"],
        subject: {
          commonName: "ünïcode",
          organization: "system:nodes",
          organizationalUnit: "unit",
          country: "DE",
          locality: "town",
          province: "land",
          streetAddresses: ["1 street", "floor 2"],
          postalCode: "12345",
          serialNumber: "7",
        },
      });
      const cert = new X509Certificate(String(state["certPem"]));
      assert.equal(cert.ca, false);
      assert.equal(
        cert.subjectAltName,
        "DNS:a.example, DNS:*.b.example, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:spiffe://lab/x",
      );
      assert.deepEqual(cert.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
      assert.deepEqual(cert.subject.split("\n").sort(), [
        "C=DE",
        "CN=ünïcode",
        "L=town",
        "O=system:nodes",
        "OU=unit",
        "ST=land",
        "postalCode=12345",
        "serialNumber=7",
        "street=floor 2 + street=1 street",
      ]);
    });

    test("a CA needs a subject", async () => {
      const certs = plugin("SelfSignedCert");
      const privateKeyPem = secret(await newKey());
      const inputs = { privateKeyPem, isCaCertificate: true, validityPeriodHours: 1, allowedUses: [] };
      await assert.rejects(
        certs.create((await certs.check(inputs)).inputs),
        /Must contain at least one Distinguished Name/,
      );
    });
  });
}
