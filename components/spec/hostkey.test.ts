import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { utils } from "ssh2";
import { field, testHostKey } from "./fixture";
import { parseHostKey } from "./hostkey";

const line = (type: string, ...fields: Buffer[]) =>
  `${type} ${Buffer.concat([field(Buffer.from(type)), ...fields.map(field)]).toString("base64")}`;

const generated = {
  "ssh-ed25519": utils.generateKeyPairSync("ed25519").public,
  "ssh-rsa": utils.generateKeyPairSync("rsa", { bits: 2048 }).public,
  "ecdsa-sha2-nistp256": utils.generateKeyPairSync("ecdsa", { bits: 256 }).public,
  "ecdsa-sha2-nistp384": utils.generateKeyPairSync("ecdsa", { bits: 384 }).public,
  "ecdsa-sha2-nistp521": utils.generateKeyPairSync("ecdsa", { bits: 521 }).public,
};

for (const [type, key] of Object.entries(generated)) {
  test(`a real ${type} key is taken, its comment dropped`, () => {
    const [, body] = key.split(" ");
    assert.equal(parseHostKey(`  ${type} ${body} root@cp1 of the lab\n`), `${type} ${body}`);
  });
}

test("what is no host key is refused", () => {
  const good = testHostKey("cp1");
  const body = good.split(" ")[1] ?? "";
  const faults: Record<string, string> = {
    "no type": body,
    "no body": "ssh-ed25519",
    "another type in the body": `ssh-rsa ${body}`,
    "an address in front": `192.0.2.11 ${good}`,
    "an unknown type": line("ssh-dss", Buffer.alloc(128), Buffer.alloc(20), Buffer.alloc(128), Buffer.alloc(128)),
    "a short point": line("ssh-ed25519", Buffer.alloc(31)),
    "a field too many": line("ssh-ed25519", Buffer.alloc(32), Buffer.alloc(1)),
    "a short modulus": line("ssh-rsa", Buffer.from([1, 0, 1]), Buffer.alloc(128, 1)),
    "another curve": line("ecdsa-sha2-nistp256", Buffer.from("nistp384"), Buffer.alloc(65)),
    "a truncated body": `ssh-ed25519 ${body.slice(0, 40)}`,
    "a body that is no base64": `ssh-ed25519 ${body.slice(0, -2)}!!`,
    "bytes left over": `ssh-ed25519 ${Buffer.concat([Buffer.from(body, "base64"), Buffer.alloc(2)]).toString("base64")}`,
    "a shell command after it": `${good}\n; reboot`,
    "a private key": String(generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" })),
  };
  for (const [fault, text] of Object.entries(faults)) assert.equal(parseHostKey(text), undefined, fault);
});
