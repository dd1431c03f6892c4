import assert from "node:assert/strict";
import { test } from "node:test";
import { apiWith, hostsWith, mirrorWith } from "./cases/case";
import { configWith, fakeFiles, problemsWith, specOf, testHostKey, type RawConfig } from "./fixture";
import { parseSpec } from "./parse";
import { formatProblem } from "./problem";
import { HostState } from "./types";

const workersAtOnce = (maxUnavailable: unknown) => ({ rollout: { maxUnavailable } });
const lines = (changes: RawConfig) => problemsWith(configWith(changes)).map(formatProblem);

/** What is written, and the whole line that answers it. */
const refused: [string, RawConfig, string][] = [
  ["an unknown key", { hots: [] }, "hots: is not a key of this program. Did you mean hosts?"],
  [
    "an unknown nested key",
    hostsWith(0, { lables: {} }),
    "hosts[0].lables: is not a key of this program. Did you mean hosts[0].labels?",
  ],
  ["a key in the wrong place", { vip: "192.0.2.10" }, "vip: is not a key of this program. Did you mean api.vip?"],
  [
    "a snake_case key",
    apiWith({ router_id: 5 }),
    "api.router_id: is not a key of this program. Did you mean api.routerId?",
  ],
  [
    "a key like nothing",
    apiWith({ colour: "red" }),
    "api.colour: is not a key of this program. Remove it, or use one of by, vip, vipPrefix, port, bindPort, routerId, loadBalancer, dnsName, extraSans.",
  ],
  ["a missing key", { kubernetesVersion: undefined }, "kubernetesVersion: is missing. Add it like v1.35.4."],
  ["an empty key", { etcdVersion: null }, "etcdVersion (empty): is empty. Give it a value or remove the key."],
  [
    "a boolean in quotes",
    { allowNonHa: "true" },
    'allowNonHa "true": is text, not true or false. Write true without quotes.',
  ],
  [
    "a number in quotes",
    apiWith({ port: "8443" }),
    'api.port "8443": is text, not a number. Write 8443 without quotes.',
  ],
  [
    "a version that YAML rounds",
    { kubernetesVersion: 1.3 },
    "kubernetesVersion 1.3: is a number, and YAML reads 1.30 as 1.3. Write the whole version in quotes like v1.35.4.",
  ],
  [
    "a version without its patch",
    { kubernetesVersion: "1.35" },
    "kubernetesVersion 1.35: is not an exact version with its v. Write the whole version with its v and patch release like v1.35.4.",
  ],
  [
    "a version without its v",
    { kubernetesVersion: "1.35.4" },
    "kubernetesVersion 1.35.4: is not an exact version with its v. Write the whole version with its v and patch release like v1.35.4.",
  ],
  [
    "a release candidate",
    { kubernetesVersion: "v1.36.0-rc.1" },
    "kubernetesVersion v1.36.0-rc.1: is not an exact version with its v. Write it like v1.35.4.",
  ],
  [
    "etcd's version with a v",
    { etcdVersion: "v3.6.16" },
    "etcdVersion v3.6.16: is not an exact version. Write it like 3.6.16.",
  ],
  [
    "a flag that is a list",
    { scheduler: { extraArgs: { v: [4] } } },
    "scheduler.extraArgs.v (a list of 1): is not text, a number, true or false. Write it like 0.001.",
  ],
  [
    "a flag that is a mapping",
    { etcd: { extraArgs: { "max-txn-ops": { value: 4 } } } },
    "etcd.extraArgs.max-txn-ops (a mapping): is not text, a number, true or false. Write it like 0.001.",
  ],
  [
    "an empty flag",
    { apiServer: { extraArgs: { v: null } } },
    "apiServer.extraArgs.v (empty): is not text, a number, true or false. Write it like 0.001.",
  ],
  [
    "a flag whose version YAML rounds",
    { apiServer: { extraArgs: { "emulated-version": 1.3 } } },
    "apiServer.extraArgs.emulated-version 1.3: is a number that YAML may have rounded. Write it in quotes.",
  ],
  [
    "a flag whose number has too many digits",
    { etcd: { extraArgs: { "max-request-bytes": 2 ** 60 } } },
    `etcd.extraArgs.max-request-bytes ${2 ** 60}: is a number that YAML may have rounded. Write it in quotes.`,
  ],
  [
    "a flag with its dashes",
    { scheduler: { extraArgs: { "--v": "4" } } },
    "scheduler.extraArgs.--v: is not a flag name without leading dashes. Rename it, like goaway-chance.",
  ],
  [
    "a role that is none",
    hostsWith(0, { roles: ["master"] }),
    "hosts[0].roles[0] master: is not one of the choices. Use one of control-plane, etcd, worker.",
  ],
  [
    "a misspelt role",
    hostsWith(3, { roles: ["wroker"] }),
    "hosts[3].roles[0] wroker: is not one of the choices. Did you mean worker? Use one of control-plane, etcd, worker.",
  ],
  [
    "a role that is not in a list",
    hostsWith(3, { roles: "worker" as never }),
    'hosts[3].roles "worker": is text, not a list. Write it like ["control-plane","etcd"].',
  ],
  ["no hosts", { hosts: [] }, "hosts (a list of 0): is an empty list. Add at least 1."],
  ["a router id of 0", apiWith({ routerId: 0 }), "api.routerId 0: is out of bounds. Set a whole number from 1 to 255."],
  [
    "a router id of 256",
    apiWith({ routerId: 256 }),
    "api.routerId 256: is out of bounds. Set a whole number from 1 to 255.",
  ],
  [
    "a router id between",
    apiWith({ routerId: 1.5 }),
    "api.routerId 1.5: is a fraction, not a whole number. Write it like 51.",
  ],
  [
    "a VIP that is a name",
    apiWith({ vip: "api.example" }),
    "api.vip api.example: is not an IPv4 address. Write it like 192.0.2.10.",
  ],
  [
    "a VIP that is IPv6",
    apiWith({ vip: "fd00::10" }),
    "api.vip fd00::10: is not an IPv4 address. Write it like 192.0.2.10.",
  ],
  [
    "a host name in capitals",
    hostsWith(0, { name: "CP1" }),
    "hosts[0].name CP1: is not an RFC 1123 host name (lower-case letters, digits, - and ., at most 63). Write it like cp1.",
  ],
  [
    "a user that is a command",
    { ssh: { user: "root;reboot", agent: true } },
    "ssh.user root;reboot: is not a Linux user name. Write it like ops.",
  ],
  [
    "a checksum in capitals",
    mirrorWith({ etcdSha256: { "3.6.16-amd64": "A".repeat(64) } }),
    `mirror.etcdSha256["3.6.16-amd64"] ${"A".repeat(59)}…: is not 64 lower-case hex digits. Write it like 9b5d….`,
  ],
  [
    "a roll-out of no worker at once",
    workersAtOnce(0),
    "rollout.maxUnavailable 0: is out of bounds. Set a whole number from 1 to 5000.",
  ],
  [
    "a roll-out of fewer than no workers at once",
    workersAtOnce(-1),
    "rollout.maxUnavailable -1: is out of bounds. Set a whole number from 1 to 5000.",
  ],
  [
    "a roll-out of part of a worker at once",
    workersAtOnce(1.5),
    "rollout.maxUnavailable 1.5: is not a whole number or a percentage from 1% to 100%. Write it like 25%.",
  ],
  ...["0%", "101%", "abc", "5", "2.5%"].map((text): [string, RawConfig, string] => [
    `a roll-out of "${text}" at once`,
    workersAtOnce(text),
    `rollout.maxUnavailable ${text}: is not a whole number or a percentage from 1% to 100%. Write it like 25%.`,
  ]),
  [
    "a roll-out of a list at once",
    workersAtOnce([1]),
    "rollout.maxUnavailable (a list of 1): is not a whole number or a percentage from 1% to 100%. Write it like 25%.",
  ],
  [
    "another way with a blocked drain",
    { rollout: { drain: { onBlocked: "force" } } },
    "rollout.drain.onBlocked force: is not one of the choices. Use one of fail, skip, disableEviction.",
  ],
  [
    "a drain that ends before it began",
    { rollout: { drain: { timeoutSeconds: 9 } } },
    "rollout.drain.timeoutSeconds 9: is out of bounds. Set a whole number from 10 to 86400.",
  ],
];

for (const [what, changes, line] of refused) {
  test(`${what} is refused with a way out`, () => {
    assert.ok(lines(changes).includes(line), lines(changes).join("\n"));
  });
}

test("a flag's number or boolean becomes the text that the component reads", () => {
  const extraArgs = { v: 2, profiling: false, "goaway-chance": 0.001 };
  const text = { v: "2", profiling: "false", "goaway-chance": "0.001" };
  for (const component of ["apiServer", "controllerManager", "scheduler", "etcd"] as const) {
    const spec = specOf(configWith({ [component]: { extraArgs } }));
    assert.deepEqual(spec[component].extraArgs, text, component);
    assert.deepEqual(spec, specOf(configWith({ [component]: { extraArgs: text } })), component);
  }
});

test("a check judges a flag's number or boolean like its text", () => {
  const problem = lines({ scheduler: { extraArgs: { "leader-elect": false } } });
  assert.deepEqual(problem, lines({ scheduler: { extraArgs: { "leader-elect": "false" } } }));
  assert.equal(problem.length, 1);
});

test("the defaults of a small configuration", () => {
  const spec = specOf();
  assert.equal(spec.name, "test");
  assert.deepEqual(spec.versions, {
    kubernetes: "v1.35.4",
    kubernetesMinor: "1.35",
    etcd: "3.6.16",
    containerd: "2.2.9",
    pause: "3.10.1",
    cniPlugins: undefined,
  });
  assert.deepEqual(spec.api, {
    by: "haproxy",
    loadBalancer: undefined,
    vip: "192.0.2.10",
    vipPrefix: 24,
    port: 8443,
    bindPort: 6443,
    routerId: 51,
    dnsName: undefined,
    extraSans: [],
  });
  assert.deepEqual(spec.network, {
    podCidr: "10.200.0.0/16",
    serviceCidr: "10.32.0.0/16",
    dnsDomain: "cluster.local",
    plugin: "flannel",
    flannelVersion: "v0.28.4",
  });
  assert.equal(spec.etcd.dataDir, "/var/lib/etcd-kubernetes");
  assert.equal(spec.etcd.quotaBackendBytes, 8 * 1024 ** 3);
  assert.deepEqual(spec.kubeadm, {
    ignorePreflightErrors: [],
    dnsImageTag: undefined,
    imageRepository: "registry.k8s.io",
  });
  assert.deepEqual(spec.hosts[3], {
    name: "w1",
    ip: "192.0.2.21",
    sshHost: "192.0.2.21",
    roles: ["worker"],
    hostKey: testHostKey("w1"),
    labels: {},
    taints: [],
    schedulable: false,
    kubelet: {},
    state: HostState.Active,
    place: 3,
    settled: false,
    rested: false,
    replacedBy: "",
    vipInterface: undefined,
  });
});

test("a roll-out takes one worker at a time and honours budgets and grace periods by default", () => {
  const drain = { timeoutSeconds: 300, gracePeriodSeconds: undefined, onBlocked: "fail", deleteEmptyDirData: true };
  assert.deepEqual(specOf().rollout, { maxUnavailable: 1, drain });
});

test("a roll-out is what was written", () => {
  const drain = { timeoutSeconds: 60, gracePeriodSeconds: 0, onBlocked: "skip", deleteEmptyDirData: false };
  for (const maxUnavailable of [1, 5000, "1%", "25%", "100%"]) {
    const rollout = { maxUnavailable, drain };
    assert.deepEqual(specOf(configWith({ rollout })).rollout, rollout);
  }
});

test("packages come from upstream repositories of the minor by default", () => {
  const { apt } = specOf(configWith({ kubernetesVersion: "v1.36.3" })).mirror;
  const base = "https://pkgs.k8s.io/core:/stable:/v1.36/deb/";
  const docker = "https://download.docker.com/linux/debian";
  assert.deepEqual(apt, [
    { name: "kubernetes", url: base, suite: "/", components: [], key: `${base}Release.key` },
    { name: "docker", url: docker, suite: "$codename", components: ["stable"], key: `${docker}/gpg` },
  ]);
});

test("the stack's name must be fit to be the cluster's", () => {
  const result = parseSpec(configWith({}), fakeFiles(), "My_Stack");
  assert.ok("problems" in result);
  assert.match(
    result.problems.map(formatProblem).join(),
    /^clusterName: is missing, and the stack's name My_Stack cannot/,
  );
  assert.equal(specOf(configWith({ clusterName: "prod" })).name, "prod");
});
