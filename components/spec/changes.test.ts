import assert from "node:assert/strict";
import { test } from "node:test";
import { apiWith, hostsWith } from "./cases/case";
import { addressRules, settingRules } from "./changes";
import { configWith, specOf, validConfig, type RawConfig } from "./fixture";
import { formatProblem } from "./problem";

const changes = (next: RawConfig) =>
  [...settingRules, ...addressRules].flatMap(({ find }) => find(specOf(), specOf(configWith(next))));

const refused: [RawConfig, string, string][] = [
  [{ clusterName: "other" }, "clusterName other", "test"],
  [{ network: { podCidr: "10.201.0.0/16" } }, "network.podCidr 10.201.0.0/16", "10.200.0.0/16"],
  [{ network: { serviceCidr: "10.33.0.0/16" } }, "network.serviceCidr 10.33.0.0/16", "10.32.0.0/16"],
  [{ network: { dnsDomain: "k8s.local" } }, "network.dnsDomain k8s.local", "cluster.local"],
  [{ network: { plugin: "none" } }, "network.plugin none", "flannel"],
  [apiWith({ vip: "192.0.2.9" }), "api.vip 192.0.2.9", "192.0.2.10"],
  [{ api: { by: "vip", vip: "192.0.2.10", routerId: 51 } }, "api.by vip", "haproxy"],
  [apiWith({ port: 9443 }), "api.port 9443", "8443"],
  [apiWith({ bindPort: 6444 }), "api.bindPort 6444", "6443"],
  [hostsWith(1, { ip: "192.0.2.99" }), "hosts[1].ip 192.0.2.99", "192.0.2.12"],
  [{ etcd: { dataDir: "/srv/etcd" } }, "etcd.dataDir /srv/etcd", "/var/lib/etcd-kubernetes"],
];

for (const [next, subject, before] of refused) {
  test(`${subject} is refused on a running cluster`, () => {
    const problems = changes(next);
    assert.equal(problems.length, 1);
    const line = problems.map(formatProblem).join();
    assert.ok(line.startsWith(`${subject}: was ${before}, `), line);
    assert.ok(line.includes(`Set it back to ${before}`), line);
  });
}

test("versions, roles, labels, taints and the set of hosts may change", () => {
  const hosts = validConfig()["hosts"] as { name: string }[];
  assert.deepEqual(changes({ hosts: hosts.filter(({ name }) => name !== "w2") }), []);
  assert.deepEqual(changes({ kubernetesVersion: "v1.36.3" }), []);
  assert.deepEqual(changes(hostsWith(3, { labels: { zone: "b" } })), []);
  assert.deepEqual(changes(hostsWith(3, { taints: [{ key: "a", effect: "NoExecute" }] })), []);
  assert.deepEqual(changes({ hosts: [...hosts].reverse() }), []);
  assert.deepEqual(changes({}), []);
});
