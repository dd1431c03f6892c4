import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hostsWith } from "./cases/case";
import { appliedOf, parseApplied } from "./applied";
import { configWith, fakeFiles, specOf, testHostKey, testPrivateKey, validConfig, type RawConfig } from "./fixture";
import { formatProblem } from "./problem";
import { changeProblems } from "./rules";

const etcd = (version: string) => ({
  etcdVersion: version,
  mirror: { etcdSha256: { [`${version}-amd64`]: "a".repeat(64) } },
});
const changes = (next: RawConfig) => {
  const applied = parseApplied(JSON.parse(JSON.stringify(appliedOf(specOf()))));
  assert.ok(applied);
  return changeProblems(applied, specOf(configWith(next))).map(formatProblem);
};

test("what is recorded is what the rules read, and survives the way through JSON", () => {
  const recorded: unknown = JSON.parse(JSON.stringify(appliedOf(specOf())));
  assert.deepEqual(recorded, {
    name: "test",
    versions: { kubernetes: "v1.35.4", etcd: "3.6.16", containerd: "2.2.9" },
    hosts: specOf().hosts.map(({ name, ip, sshHost, hostKey, roles, state }) => ({
      name,
      ip,
      sshHost,
      hostKey,
      roles,
      state,
    })),
    departed: [],
    api: { by: "haproxy", vip: "192.0.2.10", port: 8443, bindPort: 6443 },
    network: { podCidr: "10.200.0.0/16", serviceCidr: "10.32.0.0/16", dnsDomain: "cluster.local", plugin: "flannel" },
    etcd: { dataDir: "/var/lib/etcd-kubernetes" },
  });
  assert.deepEqual(parseApplied(recorded), recorded);
});

test("no secret is recorded", () => {
  const spec = specOf(configWith({ ssh: { privateKeyFile: "id" } }), fakeFiles({ id: testPrivateKey }));
  assert.equal(spec.ssh.privateKey, testPrivateKey);
  assert.doesNotMatch(JSON.stringify(appliedOf(spec)), /PRIVATE KEY/);
});

test("the same again is fine, and so are the next minor and the next patches together", () => {
  assert.deepEqual(changes({}), []);
  assert.deepEqual(changes({ kubernetesVersion: "v1.36.3", containerdVersion: "2.3.4", ...etcd("3.6.17") }), []);
  assert.deepEqual(changes(hostsWith(3, { labels: { zone: "b" } })), []);
});

test("everything that cannot be done in one update comes at once", () => {
  const next = {
    kubernetesVersion: "v1.34.4",
    containerdVersion: "2.1.0",
    ...etcd("3.6.8"),
    network: { podCidr: "10.201.0.0/16" },
    ...hostsWith(3, { ip: "192.0.2.99" }),
  };
  assert.deepEqual(
    changes(next).map((line) => line.split(":")[0]),
    [
      "kubernetesVersion v1.34.4",
      "etcdVersion 3.6.8",
      "containerdVersion 2.1.0",
      "network.podCidr 10.201.0.0/16",
      "hosts[3].ip 192.0.2.99",
    ],
  );
});

test("a node that would join with another version than the cluster runs is refused, an etcd host is not", () => {
  const added = (roles: string[]) =>
    changes({
      kubernetesVersion: "v1.36.3",
      hosts: [
        ...(validConfig()["hosts"] as object[]),
        ...["new1", "new2"].map((name, index) => ({
          name,
          ip: `192.0.2.${50 + index}`,
          roles,
          hostKey: testHostKey(name),
        })),
      ],
    });
  const count = specOf().hosts.length;
  assert.deepEqual(added(["worker"]), [
    `hosts[${count}].name new1: would join with v1.36.3 while the cluster still runs v1.35.4. Change the version in one update and add the host in another.`,
    `hosts[${count + 1}].name new2: would join with v1.36.3 while the cluster still runs v1.35.4. Change the version in one update and add the host in another.`,
  ]);
  assert.deepEqual(added(["etcd"]), []);
});

test("hosts that come and go are no problem", () => {
  const hosts = validConfig()["hosts"] as { name: string }[];
  assert.deepEqual(changes({ hosts: hosts.filter(({ name }) => name !== "w1") }), []);
  const added = {
    ...hosts[4],
    name: "w3",
    ip: "192.0.2.23",
    hostKey: testHostKey("w3"),
    taints: [{ key: "a", effect: "NoSchedule" }],
  };
  assert.deepEqual(changes({ hosts: [...hosts, added] }), []);
});

test("a record of a later release, with more in it, is understood", () => {
  const recorded = appliedOf(specOf());
  assert.deepEqual(parseApplied({ ...recorded, more: 1, etcd: { ...recorded.etcd, more: 1 } }), recorded);
});

test("a record of another shape is none, whatever it is", () => {
  const recorded = appliedOf(specOf());
  for (const key of Object.keys(recorded).filter((each) => each !== "departed"))
    assert.equal(parseApplied({ ...recorded, [key]: undefined }), undefined, key);
  assert.equal(parseApplied({ ...recorded, versions: { ...recorded.versions, etcd: "3.6" } }), undefined);
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(parseApplied(value), undefined)));
});
