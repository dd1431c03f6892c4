/** facts.sh for real, on this machine with other files in its folders: what it tells, and that it leaves nothing. */
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { specOf } from "../spec/fixture";
import type { ClusterSpec } from "../spec/types";
import type { HostFacts } from "./facts";
import { Question } from "./questions";
import { readFacts } from "./reading";
import { runInSandbox, type Outcome, type SandboxFile } from "./sandbox";
import { programOf, questionsFor, variablesFor } from "./script";

const LIMIT = { timeout: 90_000 };
const spec = specOf() as unknown as ClusterSpec;
const cp1 = spec.hosts[0]!;
const asked = { ...questionsFor(spec, cp1).asked, probes: ["127.0.0.1:1"] };

/** Facts, and all that was sent, decoded. */
function observed(files: SandboxFile[], inputs: Inputs = {}): { facts: HostFacts; raw: string } {
  const outcome = runInSandbox(files, program(inputs));
  assert.deepEqual([outcome.code, outcome.left, outcome.errors], [0, [], ""]);
  return { facts: readFacts(outcome.output, asked), raw: decoded(outcome) };
}

type Inputs = Record<string, string | string[]>;

/** Nothing is wanted unless the test says so: what this machine's own sources offer is not the question. */
function program(inputs: Inputs = {}): string {
  const sources = { WANTED_PACKAGES: [], APT_SOURCES: [], APT_SOURCE_TEXTS: [], APT_KEYS: [] };
  const network = { NODE_IP: "127.0.0.1", BIND_PORT: "1", PROBES: asked.probes };
  return programOf({ ...variablesFor(spec, cp1), ...sources, ...network, ...inputs });
}

function decoded({ output }: Outcome): string {
  const { answers } = JSON.parse(output) as { answers: Record<string, string> };
  return Object.entries(answers)
    .map(([name, answer]) => `${name}:${Buffer.from(answer, "base64").toString("latin1")}`)
    .join("\n");
}

test("a machine without a cluster tells what it is", LIMIT, () => {
  const { facts } = observed([]);
  assert.deepEqual([facts.name, facts.unanswered], ["cp1", []]);
  assert.ok(facts.cpus > 0 && facts.memoryBytes > 2 ** 28 && facts.kernel !== "" && facts.architecture !== "");
  assert.ok(facts.interfaces.some(({ name, addresses }) => name === "lo" && addresses[0]?.address === "127.0.0.1"));
  assert.deepEqual(
    facts.disks.map(({ path }) => path),
    ["/", spec.etcd.dataDir, "/var/lib/containerd", "/var/lib/kubelet"],
  );
  assert.ok(facts.disks.every(({ sizeBytes, device }) => sizeBytes > 0 && device !== ""));
  assert.equal(facts.apt, true);
  assert.deepEqual([facts.etcd, facts.cluster, facts.registered], [undefined, undefined, undefined]);
  assert.deepEqual(facts.probes, [{ target: "127.0.0.1:1", result: "refused" }]);
  assert.deepEqual([facts.commands, facts.files, facts.certificates, facts.unavailable], [[], [], [], []]);
  assert.ok(Math.abs(facts.clock.epochMs - Date.now()) < 60_000);
});

test("what a host says of itself cannot break the document or a terminal", LIMIT, () => {
  const { facts } = observed([
    {
      path: "etc/os-release",
      content: 'ID=debian\nPRETTY_NAME="a\\"b\\\\ \x1b[31mred\x07"\nVERSION_CODENAME=\xff"},{"\n',
    },
    { path: "etc/machine-id", content: Buffer.from([0x61, 0xff, 0xfe, 0x00, 0x22, 0x0a]) },
    { path: "var/lib/kubeadm-ha/cluster", content: '"}},{"epochMs":1}\n' },
    { path: "var/lib/kubeadm-ha/done/one two", content: "hash\n'repair'; $(reboot) `reboot`\n" },
  ]);
  assert.equal(facts.os.id, "debian");
  assert.equal(facts.membership.cluster, '"}},{"epochMs":1}');
  assert.deepEqual(facts.commands, [{ resource: "one two", input: "hash", repair: "'repair'; $(reboot) `reboot`" }]);
  assert.doesNotMatch(JSON.stringify(facts), /\\u00[01]|[\x00-\x1f]/);
});

test("no key, token or password leaves the host", LIMIT, () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const body = key.split("\n")[1]!;
  const certificate = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
  const cut = "-----BEGIN CERTIFICATE-----\nQUJE\n";
  const data = (text: string) => Buffer.from(text).toString("base64");
  const kubeconfig =
    `users:\n- user:\n    client-certificate-data: ${data(certificate)}\n` +
    `    client-key-data: ${data(key)}\n    token: abcdef.s3cret\n    password: s3cret\n`;
  const { raw, facts } = observed([
    { path: "var/lib/kubelet/pki/kubelet-client-current.pem", content: certificate + key },
    { path: "etc/kubernetes/pki/ca.crt", content: certificate },
    { path: "etc/kubernetes/pki/apiserver.crt", content: key + certificate + cut + key },
    { path: "etc/kubernetes/pki/ca.key", content: key },
    { path: "etc/kubernetes/pki/sa.key", content: key },
    { path: "etc/etcd/pki/server.crt", content: certificate },
    { path: "etc/etcd/pki/server.key", content: key },
    { path: "etc/kubernetes/admin.conf", content: kubeconfig },
    {
      path: "etc/kubernetes/kubelet.conf",
      content: `clusters:\n- cluster:\n    server: https://127.0.0.1:1\n${kubeconfig}`,
    },
    { path: "var/lib/kubeadm-ha/join.conf", content: kubeconfig },
  ]);
  for (const secret of ["PRIVATE", body, data(key).slice(0, 40), "s3cret"]) assert.ok(!raw.includes(secret), secret);
  assert.deepEqual(facts.certificates.map(({ path, pem }) => [path, pem]).sort(), [
    ["/etc/etcd/pki/server.crt", certificate],
    ["/etc/kubernetes/admin.conf", certificate],
    ["/etc/kubernetes/kubelet.conf", certificate],
    ["/etc/kubernetes/pki/apiserver.crt", certificate],
    ["/etc/kubernetes/pki/ca.crt", certificate],
    ["/var/lib/kubelet/pki/kubelet-client-current.pem", certificate],
  ]);
});

const file = (path: string, content: string, mode = 0o644): SandboxFile => ({ path, content, mode });

/** What a script notes of a file that it left. */
function record(path: string, content: string, owner = "root:root"): SandboxFile {
  const hash = createHash("sha256").update(content).digest("hex");
  return file(`var/lib/kubeadm-ha/files/${path.replaceAll("/", "%")}`, `cp1-vip ${hash} 644 ${owner} /${path}\n`);
}

test("what scripts left is compared with their records", LIMIT, () => {
  const { facts } = observed([
    file("etc/ha/same it is", "a"),
    record("etc/ha/same it is", "a"),
    file("etc/ha/content", "b"),
    record("etc/ha/content", "a"),
    file("etc/ha/mode", "a", 0o600),
    record("etc/ha/mode", "a"),
    file("etc/ha/owner", "a"),
    record("etc/ha/owner", "a", "daemon:root"),
    record("etc/ha/missing", "a"),
    file("var/lib/kubeadm-ha/files/torn", "cp1-vip 0123"),
    file("var/lib/kubeadm-ha/done/cp1-vip", "0123456789abcdef\n"),
    file(
      "etc/sysctl.d/90-kubeadm-ha.conf",
      "# Set.\nkernel.ostype = Linux\nkernel.nothing.such = 1\nkernel.hostname = other\n",
    ),
  ]);
  assert.deepEqual(facts.files.map(({ path, state }) => [path, state]).sort(), [
    ["/etc/ha/content", "content"],
    ["/etc/ha/missing", "missing"],
    ["/etc/ha/mode", "mode"],
    ["/etc/ha/owner", "mode"],
    ["/etc/ha/same it is", "same"],
  ]);
  assert.deepEqual(facts.commands, [{ resource: "cp1-vip", input: "0123456789abcdef", repair: "" }]);
  assert.deepEqual(
    facts.sysctls.map(({ key, wanted }) => [key, wanted]),
    [
      ["kernel.nothing.such", "1"],
      ["kernel.hostname", "other"],
    ],
  );
});

test("signs of a cluster and an etcd member's data are seen", LIMIT, () => {
  const { facts } = observed([
    { path: "etc/kubernetes/kubelet.conf", content: "" },
    { path: "var/lib/rancher/k3s", content: "" },
    { path: `${spec.etcd.dataDir}/member/snap`, content: "" },
  ]);
  assert.deepEqual(facts.membership.signs, ["/etc/kubernetes/kubelet.conf", "/var/lib/rancher"]);
  assert.equal(facts.membership.etcdData, true);
});

test("a wanted package is looked for in the sources of the configuration, in private", LIMIT, () => {
  const stanza =
    "Package: ha-probe\nVersion: 1.2.3-1\nArchitecture: all\nMaintainer: nobody\nFilename: ./x.deb\nSize: 1\n";
  const files = [
    { path: "var/ha-source/Packages", content: `${stanza}SHA256: ${"0".repeat(64)}\nDescription: probe\n` },
  ];
  const inputs = (url: string) => ({
    WANTED_PACKAGES: ["ha-probe=1.2.*"],
    APT_SOURCES: ["probe"],
    APT_SOURCE_TEXTS: [`Types: deb\nURIs: ${url}\nSuites: ./\nTrusted: yes`],
  });
  const offered = observed(files, inputs("file:/var/ha-source")).facts;
  assert.deepEqual([offered.unavailable, offered.sourcesError], [[], ""]);
  const unreachable = observed([], inputs("file:/var/nothing")).facts;
  assert.deepEqual(unreachable.unavailable, []);
  assert.match(unreachable.sourcesError, /^E: .*\/var\/nothing/);
});

/** A program of the host, in front of its own. */
const tool = (name: string, text: string) => file(`usr/local/sbin/${name}`, `#!/bin/sh\n${text}\n`, 0o755);

test(
  "a program that hangs, fails or prints nonsense leaves its answer out, and its question is unanswered",
  LIMIT,
  () => {
    const { facts } = observed([
      tool("ss", "exec sleep 600"),
      tool("ip", "echo '[{'; exit 3"),
      tool("dpkg-query", "exit 2"),
    ]);
    assert.deepEqual([facts.listeners, facts.interfaces, facts.routes, facts.packages], [[], [], [], {}]);
    const { Interfaces, Listeners, Packages, Routes } = Question;
    assert.deepEqual(facts.unanswered, [Interfaces, Listeners, Packages, Routes]);
    assert.ok(facts.cpus > 0);
  },
);

test("half an answer is none: of a program that was slow, killed or said too much", LIMIT, () => {
  const { facts } = observed([
    file("var/lib/kubeadm-ha/cluster", "test\n"),
    file("etc/ha/here", "a"),
    record("etc/ha/here", "a"),
    file("etc/kubernetes/kubelet.conf", ""),
    tool("grep", `case $*$1 in *os-release*) echo; exec sleep 600 ;; *) exec /usr/bin/grep "$@" ;; esac`),
    tool("stat", "kill -KILL $$"),
    tool("ss", "exec head -c 4000000 /dev/zero"),
  ]);
  assert.deepEqual(facts.unanswered, [Question.Files, Question.Listeners, Question.Modes]);
  assert.deepEqual([facts.membership.cluster, facts.membership.signs.length], ["", 1]);
  assert.deepEqual([facts.files, facts.commands, facts.listeners], [[], [], []]);
});

test("all questions end when their time does, and what was answered by then is told", LIMIT, () => {
  const began = Date.now();
  const hanging = ["sha256sum", "apt-cache"].map((name) => tool(name, "exec sleep 600"));
  const { facts } = observed([file("etc/ha/here", "a"), record("etc/ha/here", "a"), ...hanging], {
    WANTED_PACKAGES: ["ha-probe=1.2.*"],
    ANSWER_SECONDS: "8",
  });
  assert.ok(Date.now() - began < 14_000, `${Date.now() - began} ms`);
  // Modes are asked for after hashes.
  assert.deepEqual(facts.unanswered, [Question.Hashes, Question.Modes, Question.Sources]);
  assert.deepEqual([facts.files, facts.unavailable, facts.sourcesError], [[], [], ""]);
  assert.ok(facts.cpus > 0);
});

test("every question that can be left unanswered is known by its name", () => {
  const asking = /\b(?:ask (?=\S+ \d)|lose )"?\.?([a-z][a-z-]*)(\$program)?/g;
  const names = [...program().matchAll(asking)].flatMap(([, name, isProgram]) =>
    isProgram ? [`${name}containerd`, `${name}kubelet`] : [name],
  );
  assert.deepEqual([...new Set(names)].sort(), Object.values<string>(Question).sort());
});

test("cut off, it leaves nothing either", LIMIT, () => {
  const hanging = { path: "usr/local/sbin/ss", content: "#!/bin/sh\nexec sleep 600\n", mode: 0o755 };
  const { code, left } = runInSandbox([hanging], program(), "timeout -k 5 1 bash -s");
  assert.deepEqual([code, left], [124, []]);
});

test("it does not try without root", LIMIT, () => {
  const { code, output, errors } = runInSandbox([], program(), "setpriv --reuid 65534 --clear-groups bash -s");
  assert.deepEqual([code, output, errors], [77, "", "error: not root\n"]);
});
