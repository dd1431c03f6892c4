/** The tls provider's resources: what they plan, and that what they make is what Go's and OpenSSL's eyes expect. */
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { utils } from "ssh2";
import { implementations } from "../conformance/plugins";
import { Plugin, secret, UNKNOWN, type Wire } from "../conformance/plugin";

const LIMIT = { timeout: 120_000 };
const HOUR_MS = 3_600_000;
const MARK = "4dabf18193072939515e22adb298388d";
const open = (value: unknown): string =>
  typeof value === "object" && value !== null && MARK in value ? String((value as Wire)["value"]) : String(value);

for (const { title, executable } of implementations("tls")) {
  const start = async (type: string) =>
    Plugin.start(await executable(), `tls:index/${type[0]!.toLowerCase()}${type.slice(1)}:${type}`);

  describe(title, LIMIT, () => {
    const plugins: Record<string, Plugin> = {};
    const types = ["PrivateKey", "SelfSignedCert", "LocallySignedCert", "CertRequest"];
    before(async () => {
      for (const type of types) plugins[type] = await start(type);
    });
    after(async () => {
      for (const plugin of Object.values(plugins)) await plugin.stop();
    });

    const make = async (type: string, inputs: Wire) => {
      const plugin = plugins[type]!;
      const { inputs: checked, failures } = await plugin.check(inputs);
      assert.deepEqual(failures, []);
      return { plugin, checked, ...(await plugin.create(checked)) };
    };
    const newKey = async (inputs: Wire = { algorithm: "ECDSA", ecdsaCurve: "P256" }) =>
      open((await make("PrivateKey", inputs)).state["privateKeyPem"]);
    const ca = async (more: Wire = {}) => {
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

    describe("PrivateKey", () => {
      test("the preview of a creation knows the defaults and nothing of the key", async () => {
        const plugin = plugins["PrivateKey"]!;
        const { inputs } = await plugin.check({ algorithm: "RSA" });
        assert.deepEqual(inputs, { algorithm: "RSA" });
        const { state } = await plugin.create(inputs, { preview: true });
        assert.deepEqual(state, {
          algorithm: "RSA",
          ecdsaCurve: "P224",
          rsaBits: 2048,
          id: UNKNOWN,
          privateKeyOpenssh: secret(UNKNOWN),
          privateKeyPem: secret(UNKNOWN),
          privateKeyPemPkcs8: secret(UNKNOWN),
          publicKeyFingerprintMd5: UNKNOWN,
          publicKeyFingerprintSha256: UNKNOWN,
          publicKeyOpenssh: UNKNOWN,
          publicKeyPem: UNKNOWN,
        });
      });

      const kinds: Record<string, { inputs: Wire; header: string; openssh: RegExp }> = {
        P256: {
          inputs: { algorithm: "ECDSA", ecdsaCurve: "P256" },
          header: "EC PRIVATE KEY",
          openssh: /^ecdsa-sha2-nistp256 \S+\n$/,
        },
        P384: {
          inputs: { algorithm: "ECDSA", ecdsaCurve: "P384" },
          header: "EC PRIVATE KEY",
          openssh: /^ecdsa-sha2-nistp384 \S+\n$/,
        },
        P224: { inputs: { algorithm: "ECDSA" }, header: "EC PRIVATE KEY", openssh: /^$/ },
        RSA: { inputs: { algorithm: "RSA", rsaBits: 2048 }, header: "RSA PRIVATE KEY", openssh: /^ssh-rsa \S+\n$/ },
        ED25519: { inputs: { algorithm: "ED25519" }, header: "PRIVATE KEY", openssh: /^ssh-ed25519 \S+\n$/ },
      };
      for (const [kind, { inputs, header, openssh }] of Object.entries(kinds)) {
        test(`${kind}: every form is the same key`, async () => {
          const { state, id } = await make("PrivateKey", inputs);
          const text = open(state["privateKeyPem"]);
          assert.ok(text.startsWith(`-----BEGIN ${header}-----\n`) && text.endsWith(`-----END ${header}-----\n`));
          const spki = (pem: string) => createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "pem" });
          assert.equal(spki(text), state["publicKeyPem"]);
          assert.equal(spki(open(state["privateKeyPemPkcs8"])), state["publicKeyPem"]);
          assert.match(String(state["publicKeyOpenssh"]), openssh);
          if (kind === "P224") {
            assert.equal(open(state["privateKeyOpenssh"]), "");
          } else {
            const parsed = utils.parseKey(open(state["privateKeyOpenssh"]));
            assert.ok(!(parsed instanceof Error));
            assert.equal(`${parsed.type} ${parsed.getPublicSSH().toString("base64")}\n`, state["publicKeyOpenssh"]);
            assert.match(String(state["publicKeyFingerprintSha256"]), /^SHA256:[A-Za-z0-9+/]{43}$/);
            assert.match(String(state["publicKeyFingerprintMd5"]), /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
          }
          assert.match(id, /^[0-9a-f]{40}$/);
          assert.equal(state["id"], id);
          for (const key of ["privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"])
            assert.deepEqual(state[key], secret(open(state[key])), `${key} is secret`);
        });
      }

      test("another algorithm replaces, the same inputs do not", async () => {
        const { plugin, state, checked, id } = await make("PrivateKey", { algorithm: "ECDSA", ecdsaCurve: "P256" });
        assert.deepEqual(await plugin.diff(state, checked, checked, id), {
          changes: "none",
          replaces: [],
          diffs: [],
          deleteBeforeReplace: false,
          detailed: {},
        });
        const next = (await plugin.check({ algorithm: "ECDSA", ecdsaCurve: "P384" }, checked)).inputs;
        const answer = await plugin.diff(state, checked, next, id);
        assert.deepEqual(
          [answer.changes, answer.replaces, answer.detailed],
          ["some", ["ecdsaCurve"], { ecdsaCurve: "update-replace" }],
        );
      });

      test("Check refuses what it does not know", async () => {
        const { failures } = await plugins["PrivateKey"]!.check({ algorithm: "DSA" });
        assert.equal(failures.length, 1);
        assert.notEqual((await plugins["PrivateKey"]!.check({})).failures.length, 0);
      });
    });

    describe("SelfSignedCert", () => {
      test("a CA is a CA, signs itself and says how long", async () => {
        const { state, id } = await ca();
        const cert = new X509Certificate(String(state["certPem"]));
        assert.equal(cert.ca, true);
        assert.ok(cert.verify(cert.publicKey));
        assert.equal(cert.subject, "O=lab\nCN=ca");
        assert.equal(BigInt(`0x${cert.serialNumber}`).toString(), id);
        const [from, to] = [
          Date.parse(String(state["validityStartTime"])),
          Date.parse(String(state["validityEndTime"])),
        ];
        assert.equal(to - from, 24 * HOUR_MS);
        assert.equal(Math.floor(from / 1000) * 1000, Date.parse(cert.validFrom));
        assert.equal(state["readyForRenewal"], false);
        assert.equal(state["keyAlgorithm"], "ECDSA");
      });

      test("state has the defaults and keeps the key secret", async () => {
        const { state } = await ca();
        const { certPem, validityEndTime, validityStartTime, privateKeyPem, id, maxPathLength, ...rest } = state;
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
        const plugin = plugins["SelfSignedCert"]!;
        const { inputs } = await plugin.check({
          privateKeyPem: secret(UNKNOWN),
          validityPeriodHours: 24,
          allowedUses: ["client_auth"],
          subject: { commonName: "x" },
        });
        const { state } = await plugin.create(inputs, { preview: true });
        assert.deepEqual(state, {
          allowedUses: ["client_auth"],
          certPem: UNKNOWN,
          earlyRenewalHours: 0,
          id: UNKNOWN,
          isCaCertificate: false,
          keyAlgorithm: UNKNOWN,
          maxPathLength: UNKNOWN,
          privateKeyPem: secret(UNKNOWN),
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
        assert.equal(
          cert.subject,
          "C=DE\nO=system:nodes\nOU=unit\nL=town\nST=land\nstreet=1 street + street=floor 2\npostalCode=12345\nCN=ünïcode\nserialNumber=7",
        );
      });

      test("a CA needs a subject", async () => {
        const plugin = plugins["SelfSignedCert"]!;
        const privateKeyPem = secret(await newKey());
        const inputs = { privateKeyPem, isCaCertificate: true, validityPeriodHours: 1, allowedUses: [] };
        await assert.rejects(
          plugin.create((await plugin.check(inputs)).inputs),
          /Must contain at least one Distinguished Name/,
        );
      });
    });

    describe("CertRequest and LocallySignedCert", () => {
      const leaf = async (more: Wire = {}, authority?: Awaited<ReturnType<typeof ca>>) => {
        const signer = authority ?? (await ca());
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
        assert.deepEqual(answer.detailed, { readyForRenewal: "update-replace" });
        assert.deepEqual(answer.replaces, ["readyForRenewal"]);
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
        assert.deepEqual([answer.detailed, answer.replaces], [{ earlyRenewalHours: "update" }, []]);
        const updated = await plugin.update(id, state, checked, next);
        assert.deepEqual([updated["earlyRenewalHours"], updated["certPem"]], [2, state["certPem"]]);
      });

      const replacing: Record<string, { news: Wire; detailed: Record<string, string> }> = {
        validityPeriodHours: { news: { validityPeriodHours: 11 }, detailed: { validityPeriodHours: "update-replace" } },
        "a further use": {
          news: { allowedUses: ["client_auth", "digital_signature", "server_auth"] },
          detailed: { "allowedUses[2]": "add-replace" },
        },
        "another use": {
          news: { allowedUses: ["server_auth", "digital_signature"] },
          detailed: { "allowedUses[0]": "update-replace" },
        },
        "an unknown authority": { news: { caCertPem: UNKNOWN }, detailed: { caCertPem: "update-replace" } },
        setSubjectKeyId: { news: { setSubjectKeyId: true }, detailed: { setSubjectKeyId: "add-replace" } },
      };
      for (const [what, { news, detailed }] of Object.entries(replacing)) {
        test(`${what} replaces`, async () => {
          const { plugin, state, checked, id } = await leaf();
          const next = (await plugin.check({ ...checked, ...news }, checked)).inputs;
          const answer = await plugin.diff(state, checked, next, id);
          assert.deepEqual(answer.detailed, detailed);
          assert.deepEqual(answer.replaces, [...new Set(Object.keys(detailed).map((path) => path.split("[")[0]!))]);
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
  });
}
