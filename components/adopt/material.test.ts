/** From files to keys: what is taken, and what is refused without a word of its content. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { before, test } from "node:test";

import { scratch, write } from "../../test/scratch";
import { AdoptError } from "./error";
import { readFolder } from "./files";
import { keyFiles } from "../../test/keys";
import { materialOf } from "./material";

const folder = scratch();
let good = new Map<string, string>();
let other = new Map<string, string>();

before(async () => {
  good = await keyFiles(folder);
  other = await keyFiles(folder);
});

/** The problems with files of which some are others. */
function problems(change: Record<string, string | undefined>, now?: number): string {
  const files = new Map(good);
  for (const [name, content] of Object.entries(change)) {
    if (content === undefined) files.delete(name);
    else files.set(name, content);
  }
  try {
    materialOf(files, now);
  } catch (error) {
    assert.ok(error instanceof AdoptError);
    assert.doesNotMatch(error.message, /PRIVATE|MHcCAQ/);
    return error.message;
  }
  return "";
}

test("a control plane's files are taken as they are, in whatever form its keys are written", () => {
  const material = materialOf(good);
  assert.ok(material.etcd.certificate.checkPrivateKey(material.etcd.key));
  const sec1 = material.kubernetes.key.export({ type: "sec1", format: "pem" }) as string;
  assert.equal(problems({ "ca.key": sec1, "sa.pub": undefined }), "");
});

test("a key that is not the certificate's is refused", () => {
  assert.match(problems({ "ca.key": other.get("ca.key") }), /ca\.key is not the key of ca\.crt/);
  assert.match(problems({ "etcd/ca.crt": other.get("etcd/ca.crt") }), /etcd\/ca\.key is not the key of etcd\/ca\.crt/);
  assert.match(problems({ "sa.key": other.get("sa.key") }), /sa\.key is not the key of sa\.pub/);
});

test("everything that is wrong is said at once", () => {
  const said = problems({ "ca.key": "", "front-proxy-ca.crt": "nonsense" });
  assert.match(said, /ca\.key is no private key/);
  assert.match(said, /front-proxy-ca\.crt is no certificate/);
});

test("a cluster that kubeadm alone has built has other keys, and is refused", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const rsa = privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  assert.match(problems({ "sa.key": rsa }), /sa\.key is of type rsa: the program makes ECDSA keys on P-256/);
});

test("an authority whose time is over is refused", () => {
  assert.match(problems({}, Date.now() + 4 * 86_400_000), /front-proxy-ca\.crt ended on/);
});

test("a backup is read as it is laid out, and what it lacks is named with its place on a control plane", () => {
  const backup = scratch();
  for (const [name, content] of good) if (name !== "sa.pub") write(backup, name, content, 0o600);
  assert.ok(materialOf(readFolder(backup)).serviceAccount.equals(materialOf(good).serviceAccount));
  assert.throws(() => readFolder(folder), /etcd\/ca\.key \(from \/etc\/kubernetes\/pki\/etcd\/ca\.key\): ENOENT/);
});
