/** What the configuration takes from files: keys, known hosts, checksums. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { utils } from "ssh2";
import { hostsWith, mirrorWith } from "./cases/case";
import {
  configWith,
  fakeFiles,
  problemsWith,
  specOf,
  testArchiveKey,
  testHostKey,
  testPrivateKey,
  type RawConfig,
} from "./fixture";
import { formatProblem } from "./problem";

const lines = (changes: RawConfig, files?: Record<string, string>) =>
  problemsWith(configWith(changes), fakeFiles(files)).map(formatProblem);

test("host keys come from known_hosts where a host has none, and the host's own wins", () => {
  const [first, second] = [testHostKey("scanned-1"), testHostKey("scanned-2")];
  const raw = configWith({ ...hostsWith(0, { hostKey: undefined as never }), ssh: { agent: true, knownHosts: "kh" } });
  const spec = specOf(raw, fakeFiles({ kh: `192.0.2.11 ${first}\n192.0.2.12 ${second}\n` }));
  assert.equal(spec.hosts[0]?.hostKey, first);
  assert.equal(spec.hosts[1]?.hostKey, testHostKey("cp2"));
});

test("a host without a key is refused, and told how to get one", () => {
  const bare = hostsWith(0, { hostKey: undefined as never });
  const [line = ""] = lines(bare);
  assert.match(
    line,
    /^hosts\[0\]\.hostKey: cp1 has no SSH host key here and ssh\.knownHosts is not set\. Run `ssh-keyscan -t ed25519 192\.0\.2\.11`/,
  );
  const [other = ""] = lines({ ...bare, ssh: { agent: true, knownHosts: "kh" } }, { kh: "" });
  assert.match(other, /and kh has no key for 192\.0\.2\.11/);
});

test("a host key that is none is refused", () => {
  const [line = ""] = lines(hostsWith(0, { hostKey: "ssh-ed25519 AAAA" }));
  assert.match(line, /^hosts\[0\]\.hostKey ssh-ed25519 AAAA: is not a public SSH host key .* `ssh-keyscan/);
});

test("every missing file is named with its key and path, and nothing is reported twice", () => {
  const changes = {
    hosts: hostsWith(0, { hostKey: undefined as never })["hosts"],
    ssh: { privateKeyFile: "id", knownHosts: "kh" },
    mirror: {
      apt: [{ name: "a", url: "https://packages.example", suite: "/", keyFile: "asc" }],
      etcdSha256File: "sums",
    },
  };
  const problems = problemsWith(configWith(changes));
  assert.deepEqual(
    problems.map(({ key, value }) => `${key} ${value}`),
    ["ssh.knownHosts kh", "ssh.privateKeyFile id", "mirror.apt[0].keyFile asc", "mirror.etcdSha256File sums"],
  );
  for (const { reason, fix } of problems) {
    assert.match(reason, /^cannot be read: no such file$/);
    assert.ok(fix.length > 10);
  }
});

test("the private key comes from the config or from the file, never from both", () => {
  const files = { id: testPrivateKey };
  assert.equal(specOf(configWith({ ssh: { privateKeyFile: "id" } }), fakeFiles(files)).ssh.privateKey, testPrivateKey);
  assert.deepEqual(specOf(configWith({ ssh: { privateKey: testPrivateKey } })).ssh, {
    user: "root",
    port: 22,
    agent: false,
    privateKey: testPrivateKey,
  });
  const both = lines({ ssh: { privateKey: testPrivateKey, privateKeyFile: "id" } }, files);
  assert.deepEqual(both, [
    "ssh.privateKeyFile id: is given beside ssh.privateKey, and only one can be used. Remove one of the two.",
  ]);
});

test("there must be a way to log in", () => {
  assert.equal(specOf(configWith({ ssh: {} })).ssh.agent, true);
  assert.match(
    lines({ ssh: { agent: false } }).join(),
    /^ssh\.agent false: leaves no way to log in.*Set ssh\.agent: true/,
  );
});

test("a private key that cannot be used is refused without a word of it", () => {
  const { private: locked } = utils.generateKeyPairSync("ed25519", {
    passphrase: "x",
    cipher: "aes256-ctr",
    rounds: 1,
  });
  const pkcs8 = testPrivateKey.replaceAll("OPENSSH", "ENCRYPTED");
  for (const key of [locked, pkcs8]) {
    const [line = "", ...more] = lines({ ssh: { privateKey: key } });
    assert.match(line, /^ssh\.privateKey \(hidden\): is protected by a passphrase.*ssh\.agent: true/);
    assert.equal(more.length, 0);
  }
  const truncated = testPrivateKey.slice(0, 60);
  const [line = ""] = lines({ ssh: { privateKeyFile: "id" } }, { id: truncated });
  assert.equal(
    line,
    "ssh.privateKeyFile id: is not a private key in PEM or OpenSSH format. Give the whole text, from its BEGIN line to its END line.",
  );
});

test("no message repeats a private key, wherever it was put", () => {
  const body = testPrivateKey.split("\n")[1] ?? "";
  const misplaced: RawConfig[] = [
    { ssh: { privatekey: testPrivateKey } },
    { ssh: { privateKey: [testPrivateKey] } },
    { ssh: { privateKey: body } },
    { ssh: testPrivateKey },
    { sshKey: testPrivateKey },
    hostsWith(0, { hostKey: testPrivateKey }),
    hostsWith(0, { labels: { [testPrivateKey.slice(0, 40)]: testPrivateKey } }),
    mirrorWith({ apt: [{ name: "a", url: "https://a.example", suite: "/", key: testPrivateKey }] }),
  ];
  for (const changes of misplaced) {
    const said = lines(changes);
    assert.ok(said.length > 0);
    assert.ok(!said.join("\n").includes(body.slice(0, 12)), said.join("\n"));
  }
});

test("apt keys come from one place", () => {
  const source = { name: "a", url: "https://packages.example", suite: "/" };
  const spec = specOf(
    configWith(mirrorWith({ apt: [{ ...source, keyFile: "asc" }] })),
    fakeFiles({ asc: testArchiveKey }),
  );
  assert.equal(spec.mirror.apt[0]?.key, testArchiveKey);
  assert.match(lines(mirrorWith({ apt: [source] })).join(), /^mirror\.apt\[0\]\.key: is missing, and so is keyFile/);
  const both = lines(mirrorWith({ apt: [{ ...source, keyFile: "asc", key: "https://a.example/k" }] }), {
    asc: testArchiveKey,
  });
  assert.match(both.join(), /^mirror\.apt\[0\]\.keyFile asc: is given beside key.*Remove one/);
});

test("etcd's checksums are read from SHA256SUMS and from JSON, and the config's own win", () => {
  const [a, b] = ["a".repeat(64), "b".repeat(64)];
  const sums = `${a}  etcd-v3.6.16-darwin-amd64.zip\n${b}  etcd-v3.6.16-linux-amd64.tar.gz\n${a} *etcd-v3.6.16-linux-arm64.tar.gz\n`;
  const read = (content: string, own = {}) =>
    specOf(configWith({ mirror: { etcdSha256File: "sums", etcdSha256: own } }), fakeFiles({ sums: content })).mirror
      .etcdSha256;
  assert.deepEqual(read(sums), { "3.6.16-amd64": b, "3.6.16-arm64": a });
  assert.deepEqual(read(JSON.stringify({ "3.6.16-amd64": b })), { "3.6.16-amd64": b });
  assert.deepEqual(read(sums, { "3.6.16-amd64": a }), { "3.6.16-amd64": a, "3.6.16-arm64": a });
  for (const content of ["", "not found", "{", '{"3.6.16-amd64": 5}', '{"3.6.16-amd64": "short"}', "{}", "[]"]) {
    const [line = "", ...more] = lines({ mirror: { etcdSha256File: "sums" } }, { sums: content });
    assert.deepEqual(more, []);
    assert.match(line, /^mirror\.etcdSha256File sums: holds neither SHA256SUMS lines nor JSON/, content);
  }
});

test("an archive that could not be verified is refused, and told where its checksum is", () => {
  const [line = "", ...more] = lines(mirrorWith({ etcdSha256: { "3.6.15-amd64": "a".repeat(64) } }));
  assert.deepEqual(more, []);
  assert.match(line, /^mirror\.etcdSha256: has no SHA-256 for etcd 3\.6\.16/);
  assert.ok(line.includes("https://github.com/etcd-io/etcd/releases/download/v3.6.16/SHA256SUMS"), line);
  const other = mirrorWith({ etcdSha256: { "3.6.16-arm64": "a".repeat(64) } });
  assert.deepEqual(lines(other), []);
});
