import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { moveTo, parseStack, renderStack } from "./config";
import { LabError } from "./error";
import { repoDir } from "./paths";

const stack = (changes: Record<string, unknown> = {}) =>
  JSON.stringify({
    config: {
      "kubeadm-ha:kubernetesVersion": "v1.35.4",
      "kubeadm-ha:etcdVersion": "3.6.16",
      "kubeadm-ha:containerdVersion": "2.2.9",
      "kubeadm-ha:api": { vip: "10.77.0.10" },
      "kubeadm-ha:hosts": [
        { name: "cp1", ip: "10.77.0.11" },
        { name: "w1", ip: "10.77.0.21" },
      ],
      ...changes,
    },
  });

const refusal = (text: string): string => {
  try {
    parseStack(text, "stack.yaml");
  } catch (error) {
    assert.ok(error instanceof LabError);
    return error.message;
  }
  assert.fail("nothing was refused");
};

test("a stack file gives the lab its hosts, versions and addresses", () => {
  assert.deepEqual(parseStack(stack(), "stack.yaml"), {
    hosts: [
      { name: "cp1", ip: "10.77.0.11" },
      { name: "w1", ip: "10.77.0.21" },
    ],
    kubernetesVersion: "v1.35.4",
    etcdVersion: "3.6.16",
    containerdVersion: "2.2.9",
    flannelVersion: "v0.28.4",
    subnet: "10.77.0.0/24",
    gateway: "10.77.0.1",
    mirrorIp: "10.77.0.2",
    vip: "10.77.0.10",
  });
});

test("versions are taken with v in front or without", () => {
  const config = parseStack(
    stack({ "kubeadm-ha:kubernetesVersion": "1.35.4", "kubeadm-ha:etcdVersion": "v3.6.16" }),
    "stack.yaml",
  );
  assert.equal(config.kubernetesVersion, "v1.35.4");
  assert.equal(config.etcdVersion, "3.6.16");
});

test("the flannel version of the stack file is served", () => {
  const config = parseStack(stack({ "kubeadm-ha:network": { flannelVersion: "v0.27.0" } }), "stack.yaml");
  assert.equal(config.flannelVersion, "v0.27.0");
});

for (const [what, hosts, expected] of [
  ["no hosts", [], /kubeadm-ha:hosts \[\]: the lab takes its hosts from this list/],
  ["a name that no container can have", [{ name: "cp1; rm", ip: "10.77.0.11" }], /hosts\[0\]\.name "cp1; rm"/],
  ["the mirror's name", [{ name: "mirror", ip: "10.77.0.11" }], /hosts\[0\]\.name "mirror"/],
  ["an address outside all labs", [{ name: "cp1", ip: "192.0.2.11" }], /hosts\[0\]\.ip "192\.0\.2\.11": no address/],
  ["an address of another lab", [{ name: "cp1", ip: "10.77.1.11" }], /"10\.77\.1\.11": outside the lab's subnet/],
  ["this machine's address", [{ name: "cp1", ip: "10.77.0.1" }], /"10\.77\.0\.1": held by this machine/],
  ["the mirror's address", [{ name: "cp1", ip: "10.77.0.2" }], /"10\.77\.0\.2": held by the host `mirror`/],
  ["the virtual IP", [{ name: "cp1", ip: "10.77.0.10" }], /"10\.77\.0\.10": held by the virtual IP/],
  ["the broadcast address", [{ name: "cp1", ip: "10.77.0.255" }], /"10\.77\.0\.255": no address/],
] as const) {
  test(`refused: ${what}`, () => assert.match(refusal(stack({ "kubeadm-ha:hosts": hosts })), expected));
}

test("refused: an address that two hosts have", () => {
  const hosts = [
    { name: "cp1", ip: "10.77.0.11" },
    { name: "cp2", ip: "10.77.0.11" },
  ];
  assert.match(refusal(stack({ "kubeadm-ha:hosts": hosts })), /hosts\[1\]\.ip "10\.77\.0\.11": held by the host cp1/);
});

test("refused: a name that two hosts have", () => {
  const hosts = [
    { name: "cp1", ip: "10.77.0.11" },
    { name: "cp1", ip: "10.77.0.12" },
  ];
  assert.match(refusal(stack({ "kubeadm-ha:hosts": hosts })), /hosts\[1\]\.name "cp1": named twice/);
});

test("refused: a version that is none", () => {
  assert.match(refusal(stack({ "kubeadm-ha:etcdVersion": 3.6 })), /kubeadm-ha:etcdVersion 3\.6: .*\n.* 1\.2\.3/);
});

test("refused: a file that is no YAML", () => assert.match(refusal("config: ["), /stack\.yaml is no YAML/));

test("addresses and state paths move to the lab, look-alikes stay", () => {
  assert.equal(moveTo("http://10.77.0.2:5000/x", "two", 7), "http://10.77.7.2:5000/x");
  assert.equal(moveTo(".lab/dev/ssh/id", "two", 7), ".lab/two/ssh/id");
  assert.equal(moveTo("110.77.0.2 10.77.0.x 1.10.77.0.2", "two", 7), "110.77.0.2 10.77.0.x 1.10.77.0.2");
  assert.equal(moveTo("/srv/my.lab/dev/x", "two", 7), "/srv/my.lab/dev/x");
});

test("an overlay replaces whole keys and leaves the others and their comments", () => {
  const base = "config:\n  # kept\n  p:a: 10.77.0.5\n  p:b: { x: 1, y: 2 }\n";
  const rendered = renderStack(base, "config:\n  p:b: { x: 3 }\n  p:c: .lab/dev/k\n", "two", 4);
  assert.match(rendered, /# kept/);
  assert.deepEqual(parse(rendered), { config: { "p:a": "10.77.4.5", "p:b": { x: 3 }, "p:c": ".lab/two/k" } });
});

test("an overlay without config is refused", () => {
  assert.throws(() => renderStack("config: {}", "hosts: []", "two", 4), /has no map `config`/);
});

test("the template with etcd on hosts of its own names nothing of the lab dev any more", () => {
  const read = (...path: string[]) => readFileSync(join(repoDir, ...path), "utf8");
  const rendered = renderStack(read("Pulumi.dev.yaml"), read("lab", "stacks", "etcd-hosts.yaml"), "etcd", 3);
  const config = parseStack(rendered, "Pulumi.dev.yaml");
  assert.equal(config.subnet, "10.77.3.0/24");
  assert.deepEqual(
    config.hosts.map(({ name }) => name),
    ["cp1", "cp2", "cp3", "etcd1", "etcd2", "etcd3", "w1", "w2"],
  );
  assert.doesNotMatch(rendered, /10\.77\.0\.|\.lab\/dev/);
});
