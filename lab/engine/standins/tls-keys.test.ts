/** tls:PrivateKey: every form of a key, and what is planned. */
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, test } from "node:test";
import { utils } from "ssh2";
import { implementations } from "../conformance/plugins";
import { secret, UNKNOWN, type Wire } from "../conformance/plugin";
import { open, tlsCases } from "../conformance/tlscases";

const LIMIT = { timeout: 120_000 };

for (const implementation of implementations("tls")) {
  describe(`${implementation.title}: PrivateKey`, LIMIT, () => {
    const { plugin, make } = tlsCases(implementation);
    test("the preview of a creation knows the defaults and nothing of the key", async () => {
      const keys = plugin("PrivateKey");
      const { inputs } = await keys.check({ algorithm: "RSA" });
      assert.deepEqual(inputs, { algorithm: "RSA" });
      const { state } = await keys.create(inputs, { preview: true });
      assert.deepEqual(state, {
        algorithm: "RSA",
        ecdsaCurve: "P224",
        rsaBits: 2048,
        id: UNKNOWN,
        privateKeyOpenssh: UNKNOWN,
        privateKeyPem: UNKNOWN,
        privateKeyPemPkcs8: UNKNOWN,
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
      assert.deepEqual([answer.changes, answer.replaces], ["some", ["ecdsaCurve"]]);
      assert.ok(
        answer.diffs.includes("ecdsaCurve") && answer.diffs.includes("publicKeyPem") && answer.diffs.includes("id"),
      );
    });

    test("Check refuses what it does not know", async () => {
      const { failures } = await plugin("PrivateKey").check({ algorithm: "DSA" });
      assert.equal(failures.length, 1);
      assert.notEqual((await plugin("PrivateKey").check({})).failures.length, 0);
    });
  });
}
