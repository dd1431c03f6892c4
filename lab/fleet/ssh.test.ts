import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { othersThan, renderKnownHosts, sshAnswers } from "./ssh";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG0";

test("one line a host, by its address, without the key's comment", () => {
  assert.equal(
    renderKnownHosts([
      { ip: "10.77.0.11", key: `${KEY} root@cp1\n` },
      { ip: "10.77.0.12", key: KEY },
    ]),
    `10.77.0.11 ${KEY}\n10.77.0.12 ${KEY}\n`,
  );
});

for (const key of ["", "ssh-rsa AAAA", "ssh-ed25519", "ssh-ed25519 not/base64!", "No such file"]) {
  test(`${JSON.stringify(key)} is no host key`, () => {
    assert.throws(() => renderKnownHosts([{ ip: "10.77.0.11", key }]), /10\.77\.0\.11 has no usable SSH key/);
  });
}

test("the key of a host that is off stays known, the old key of a new machine does not", () => {
  const known = `10.77.0.1 ${KEY}\n10.77.0.11 ${KEY}\n10.77.0.12 ${KEY}\n`;
  assert.equal(othersThan([{ ip: "10.77.0.1" }, { ip: "10.77.0.12" }], known), `10.77.0.11 ${KEY}\n`);
  assert.equal(othersThan([], ""), "");
});

test("an address where nothing listens does not answer", async () => {
  const probe = createServer().listen(0, "127.0.0.77");
  await new Promise((done) => probe.on("listening", done));
  await new Promise((done) => probe.close(done));
  assert.equal(await sshAnswers("127.0.0.77"), false);
});
