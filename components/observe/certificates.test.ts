/** Certificates as they come from hosts, and what is none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { caFingerprint, parseCertificates } from "./certificates";

const PEM = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUaloFmsDL17nUtCXSVQ9jdhMw7cQwCgYIKoZIzj0EAwIw
HzELMAkGA1UECgwCaGExEDAOBgNVBAMMB3Rlc3QtY2EwIBcNMjYxMTIxMTg1NDQw
WhgPMjEyNjEwMjgxODU0NDBaMB8xCzAJBgNVBAoMAmhhMRAwDgYDVQQDDAd0ZXN0
LWNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE6N9NCRKJFQrM16vrFwasGldy
RpRaAne+1KvKYu+9nmKv2XVvWnrKefQngFu1jDjHHO7o6m42usxZXdaNnARkz6NT
MFEwHQYDVR0OBBYEFKHCYvqP8pcZAiih8+XATpjsqO55MB8GA1UdIwQYMBaAFKHC
YvqP8pcZAiih8+XATpjsqO55MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
SAAwRQIgUde8s/0MIDECQlahQi/mePjbLaw1ZuRkIFvekFaEHJUCIQCuI10qau0C
KRHpwDWadf0GcgNycj4//py3QgqCoQnLZw==
-----END CERTIFICATE-----
`;
const SHA256 = "0d21771b09500f84e0e8fd0053d919cf245da626b2cb04d48d3ca91b85f63e74";
const GARBAGE = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";

test("a certificate says whose it is, who made it and how long it lives", () => {
  assert.deepEqual(parseCertificates([{ path: "/etc/kubernetes/pki/ca.crt", pem: PEM }]), [
    {
      path: "/etc/kubernetes/pki/ca.crt",
      subject: "O=ha, CN=test-ca",
      issuer: "O=ha, CN=test-ca",
      notBefore: new Date("2026-11-21T18:54:40Z"),
      notAfter: new Date("2126-10-28T18:54:40Z"),
      sha256: SHA256,
    },
  ]);
});

test("garbage is passed over, and hides nothing beside it", () => {
  const files = ["", "hello", GARBAGE, `${GARBAGE}${PEM}`, "-----BEGIN CERTIFICATE-----\n"].map((pem, index) => ({
    path: `/${index}`,
    pem,
  }));
  assert.deepEqual(
    parseCertificates(files).map(({ path, sha256 }) => [path, sha256]),
    [["/3", SHA256]],
  );
});

test("a CA is known by its certificate, not by the text around it", () => {
  assert.equal(caFingerprint(PEM), SHA256);
  assert.equal(caFingerprint(`# ours\r\n${PEM.replaceAll("\n", "\r\n")}\n`), SHA256);
  assert.equal(caFingerprint(GARBAGE), undefined);
  assert.equal(caFingerprint(""), undefined);
});
