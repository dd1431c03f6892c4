/** The forms of a key, judged by those who read them. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { generateKey, keyOutputs } from "../../lab/engine/standins/tls/keys";
import { judge, scratch, write } from "../../test/scratch";
import { keyForms, timeOf } from "./forms";

const folder = scratch();

// Several, for leading zeros come by chance.
const keys = Array.from({ length: 40 }, () => generateKey("ECDSA", "P256", 0));

test("every form is what the tls provider makes of the same key", () => {
  for (const key of keys) {
    const { id, privateKeyOpenssh: _, ...forms } = keyForms(key);
    const made = keyOutputs(key);
    const { privateKeyOpenssh: __, ...outputs } = made.outputs;
    assert.deepEqual({ id, ...forms }, { id: made.id, ...outputs });
  }
});

test("OpenSSH reads its own form of the key, and tells the same public key and fingerprint", async () => {
  for (const [index, key] of keys.slice(0, 5).entries()) {
    const forms = keyForms(key);
    const file = write(folder, `key-${index}`, forms.privateKeyOpenssh, 0o600);
    const { said } = await judge("ssh-keygen", ["-y", "-f", file]);
    assert.equal(`${said.split(" ").slice(0, 2).join(" ")}\n`, forms.publicKeyOpenssh);
    const listed = await judge("ssh-keygen", ["-l", "-f", file]);
    assert.ok(listed.said.includes(forms.publicKeyFingerprintSha256), listed.said);
  }
});

test("times are whole seconds in RFC 3339", () => {
  assert.equal(timeOf("Nov 18 18:50:48 2036 GMT"), "2036-11-18T18:50:48Z");
});
