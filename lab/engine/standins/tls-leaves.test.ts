/** tls:CertRequest and tls:LocallySignedCert: signing, and when a certificate is replaced. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import { implementations } from "../conformance/plugins";
import { secret, UNKNOWN, type Wire } from "../conformance/plugin";
import { open, tlsCases } from "../conformance/tlscases";

const HOUR_MS = 3_600_000;
const LIMIT = { timeout: 120_000 };

for (const implementation of implementations("tls")) {
  describe(`${implementation.title}: CertRequest and LocallySignedCert`, LIMIT, () => {
    const { leaf } = tlsCases(implementation);
    test("a request carries its id, its algorithm and its secret key", async () => {
      const { request } = await leaf();
      assert.match(request.id, /^[0-9a-f]{40}$/);
      assert.equal(request.state["keyAlgorithm"], "ECDSA");
      assert.match(String(request.state["certRequestPem"]), /^-----BEGIN CERTIFICATE REQUEST-----\n/);
      assert.deepEqual(request.state["privateKeyPem"], secret(open(request.state["privateKeyPem"])));
    });

    test("a leaf is signed by its authority and takes subject and names from the request", async () => {
      const { state, signer } = await leaf();
      const [cert, authority] = [
        new X509Certificate(String(state["certPem"])),
        new X509Certificate(String(signer.state["certPem"])),
      ];
      assert.ok(cert.checkIssued(authority));
      assert.ok(cert.verify(authority.publicKey));
      assert.equal(cert.subject, "O=system:masters\nCN=leaf");
      assert.equal(cert.subjectAltName, "DNS:leaf.example, IP Address:10.1.2.3");
      assert.equal(cert.ca, false);
      assert.equal(state["caKeyAlgorithm"], "ECDSA");
    });

    test("a leaf can be an authority of its own", async () => {
      const { state } = await leaf({ isCaCertificate: true, allowedUses: ["cert_signing"], setSubjectKeyId: true });
      assert.equal(new X509Certificate(String(state["certPem"])).ca, true);
    });

    test("no change plans nothing", async () => {
      const { plugin, state, checked, id } = await leaf({ earlyRenewalHours: 2 });
      assert.equal((await plugin.diff(state, checked, checked, id)).changes, "none");
    });

    test("early renewal is planned as a replacement as soon as its time has come", async () => {
      const { plugin, state, checked, id } = await leaf({ earlyRenewalHours: 2 });
      const later = { ...state, validityEndTime: new Date(Date.now() + HOUR_MS).toISOString() };
      const answer = await plugin.diff(later, checked, checked, id);
      assert.equal(answer.changes, "some");
      assert.deepEqual([answer.diffs, answer.replaces], [["readyForRenewal"], ["readyForRenewal"]]);
    });

    test("an expired certificate is replaced without earlyRenewalHours, too", async () => {
      const { plugin, state, checked, id } = await leaf();
      const past = { ...state, validityEndTime: new Date(Date.now() - HOUR_MS).toISOString() };
      assert.deepEqual((await plugin.diff(past, checked, checked, id)).replaces, ["readyForRenewal"]);
    });

    test("a refresh shows that the time has come", async () => {
      const { plugin, state, checked, id } = await leaf({ earlyRenewalHours: 2 });
      const later = { ...state, validityEndTime: new Date(Date.now() + HOUR_MS).toISOString() };
      assert.equal((await plugin.read(id, later, checked)).state["readyForRenewal"], true);
      assert.equal((await plugin.read(id, state, checked)).state["readyForRenewal"], false);
    });

    test("earlyRenewalHours changes in place, and so does not renew the certificate", async () => {
      const { plugin, state, checked, id } = await leaf({ earlyRenewalHours: 1 });
      const next = (await plugin.check({ ...checked, earlyRenewalHours: 2 }, checked)).inputs;
      const answer = await plugin.diff(state, checked, next, id);
      assert.deepEqual([answer.diffs, answer.replaces], [["earlyRenewalHours"], []]);
      const updated = await plugin.update(id, state, checked, next);
      assert.deepEqual([updated["earlyRenewalHours"], updated["certPem"]], [2, state["certPem"]]);
    });

    const replacing: Record<string, Wire> = {
      validityPeriodHours: { validityPeriodHours: 11 },
      allowedUses: { allowedUses: ["client_auth", "digital_signature", "server_auth"] },
      caCertPem: { caCertPem: UNKNOWN },
      setSubjectKeyId: { setSubjectKeyId: true },
    };
    for (const [key, news] of Object.entries(replacing)) {
      test(`${key} replaces`, async () => {
        const { plugin, state, checked, id } = await leaf();
        const next = (await plugin.check({ ...checked, ...news }, checked)).inputs;
        const answer = await plugin.diff(state, checked, next, id);
        assert.deepEqual([answer.diffs, answer.replaces, answer.deleteBeforeReplace], [[key], [key], false]);
      });
    }

    test("Check refuses an unknown use", async () => {
      const { plugin, checked } = await leaf();
      assert.notEqual((await plugin.check({ ...checked, allowedUses: ["nonsense"] })).failures.length, 0);
    });

    test("key identifiers link leaf and authority", async () => {
      const { state, signer } = await leaf({ setSubjectKeyId: true });
      const text = (pem: unknown) =>
        execFileSync("openssl", ["x509", "-noout", "-ext", "subjectKeyIdentifier,authorityKeyIdentifier"], {
          input: String(pem),
        }).toString();
      const ids = (pem: unknown) => text(pem).match(/([0-9A-F]{2}:){19}[0-9A-F]{2}/g) ?? [];
      const [authority, own] = [ids(signer.state["certPem"]), ids(state["certPem"])];
      assert.equal(own.length, 2);
      assert.ok(own.includes(authority[0]!));
    });
  });
}
