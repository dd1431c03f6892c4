import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { utils } from "ssh2";
import { testHostKey } from "./fixture";
import { findHostKey, parseKnownHosts } from "./knownhosts";

const publicKey = (type: "rsa" | "ecdsa", bits: number) =>
  (type === "rsa"
    ? utils.generateKeyPairSync("rsa", { bits })
    : utils.generateKeyPairSync("ecdsa", { bits: 256 })
  ).public
    .split(" ")
    .slice(0, 2)
    .join(" ");

const ed25519 = testHostKey("cp1");
const ecdsa = publicKey("ecdsa", 256);
const rsa = publicKey("rsa", 2048);

const find = (content: string, host: string, port = 22) => findHostKey(parseKnownHosts(content), host, port);

function hashed(name: string): string {
  const salt = Buffer.from("0123456789abcdefghij");
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

test("a plain entry is found by any of its names, whatever its case", () => {
  const content = `# comment\n\n192.0.2.11,CP1.example ${ed25519} comment here\r\n`;
  assert.equal(find(content, "192.0.2.11"), ed25519);
  assert.equal(find(content, "cp1.example"), ed25519);
  assert.equal(find(content, "192.0.2.1"), undefined);
});

test("another port is part of the name", () => {
  const content = `[192.0.2.11]:2222 ${ed25519}\n192.0.2.11 ${ecdsa}\n`;
  assert.equal(find(content, "192.0.2.11", 2222), ed25519);
  assert.equal(find(content, "192.0.2.11", 22), ecdsa);
  assert.equal(find(content, "192.0.2.11", 2200), undefined);
});

test("a hashed entry is found", () => {
  const content = `${hashed("192.0.2.11")} ${ed25519}\n${hashed("[192.0.2.12]:2222")} ${ecdsa}\n`;
  assert.equal(find(content, "192.0.2.11"), ed25519);
  assert.equal(find(content, "192.0.2.12", 2222), ecdsa);
  assert.equal(find(content, "192.0.2.12"), undefined);
});

test("ed25519 comes before ecdsa before rsa, whatever their order", () => {
  const lines = [`a ${rsa}`, `a ${ecdsa}`, `a ${ed25519}`, `b ${rsa}`, `b ${ecdsa}`, `c ${rsa}`].join("\n");
  assert.equal(find(lines, "a"), ed25519);
  assert.equal(find(lines, "b"), ecdsa);
  assert.equal(find(lines, "c"), rsa);
});

test("a revoked key is never used, wherever else it stands", () => {
  assert.equal(find(`a ${ed25519}\n@revoked * ${ed25519}\na ${rsa}\n`, "a"), rsa);
});

test("authorities and lines that are no keys are passed over", () => {
  assert.equal(find(`@cert-authority a ${ed25519}\n`, "a"), undefined);
  assert.equal(find("a ssh-ed25519 AAAA\na\n", "a"), undefined);
});
