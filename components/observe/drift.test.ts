import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { devSpec, etcdHostsSpec } from "../../test/fixtures";
import { Step } from "../host/commands";
import { hostImages } from "../host/images";
import { driftOf } from "./drift";
import { Silence, type HostFacts } from "./facts";
import { completeFacts, observations, silent } from "./fixture";

const spec = devSpec();

/** What differs on one host when some of its facts are others, as `step: sentence`. */
function drift(name: string, change: (facts: HostFacts) => Partial<HostFacts>): string[] {
  const host = spec.hosts.find((one) => one.name === name)!;
  const found = driftOf(spec, observations(spec, completeFacts, { [name]: change(completeFacts(spec, host)) }));
  return [...found.get(name)!].flatMap(([step, sentences]) => sentences.map((sentence) => `${step}: ${sentence}`));
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

describe("nothing differs", () => {
  for (const [title, cluster] of [
    ["with etcd on the control planes", spec],
    ["with etcd on hosts of its own", etcdHostsSpec()],
  ] as const) {
    test(title, () => {
      for (const [host, steps] of driftOf(cluster, observations(cluster, completeFacts))) {
        for (const [step, sentences] of steps) assert.deepEqual(sentences, [], `${host} ${step}`);
      }
    });
  }

  for (const active of ["reloading", "refreshing", "activating"]) {
    test(`for a unit that is ${active}`, () => {
      const found = drift("cp2", ({ units }) => ({ units: { ...units, haproxy: { active, enabled: "enabled" } } }));
      assert.deepEqual(found, []);
    });
  }

  test("is not said of a host that does not answer", () => {
    const all = new Map([...observations(spec, completeFacts), ["w1", silent("w1", Silence.Unreachable)]] as const);
    assert.deepEqual([...driftOf(spec, all).keys()].sort(), ["cp1", "cp2", "cp3", "w2"]);
  });
});

const cases: [string, string, (facts: HostFacts) => Partial<HostFacts>, string[]][] = [
  [
    "a sysctl",
    "w1",
    () => ({ sysctls: [{ key: "net.ipv4.ip_forward", wanted: "1", found: "0" }] }),
    [`${Step.Stage}: sysctl net.ipv4.ip_forward is 0, not 1`],
  ],
  [
    "a stopped HAProxy",
    "cp2",
    ({ units }) => ({ units: { ...units, haproxy: { active: "inactive", enabled: "enabled" } } }),
    [`${Step.Vip}: the unit haproxy is inactive`],
  ],
  [
    "a kubelet that ends whenever it is started",
    "w1",
    ({ units }) => ({ units: { ...units, kubelet: { active: "failing", enabled: "enabled" } } }),
    [`${Step.Kubelet}: the unit kubelet is failing`],
  ],
  [
    "an etcd that would not start at boot",
    "cp3",
    ({ units }) => ({ units: { ...units, etcd: { active: "active", enabled: "disabled" } } }),
    [`${Step.Member}: the unit etcd is disabled: it would not start at boot`],
  ],
  [
    "a kubelet that is not there",
    "w1",
    ({ units }) => ({ units: without(units, "kubelet") }),
    [`${Step.Kubelet}: there is no unit kubelet`],
  ],
  [
    "a containerd that stands still, whose images nobody can see",
    "w1",
    ({ units }) => ({
      units: { ...units, containerd: { active: "failed", enabled: "enabled" } },
      containerd: "",
      images: [],
    }),
    [`${Step.Kubelet}: the unit containerd is failed`],
  ],
  [
    "a package that somebody upgraded",
    "w2",
    ({ packages: installed }) => ({ packages: { ...installed, kubelet: "1.36.0-1.1" } }),
    [`${Step.Kubelet}: the package kubelet is 1.36.0-1.1, not 1.35.4-*`],
  ],
  [
    "a package of every host that is gone",
    "w2",
    ({ packages: installed }) => ({ packages: without(installed, "conntrack") }),
    [`${Step.Stage}: the package conntrack is not installed`],
  ],
  [
    "a package that is no longer held",
    "w2",
    () => ({ holds: ["kubelet", "kubeadm", "kubectl"] }),
    [`${Step.Kubelet}: the package containerd.io is not held`],
  ],
  [
    "a process older than its package",
    "w2",
    () => ({ containerd: "2.2.8" }),
    [`${Step.Kubelet}: containerd runs at 2.2.8`],
  ],
  [
    "another release of etcd",
    "cp1",
    ({ etcd }) => ({ etcd: { ...etcd!, version: "3.6.8" } }),
    [`${Step.Member}: etcd runs at 3.6.8, not ${spec.versions.etcd}`],
  ],
  [
    "an etcd with other data than most",
    "cp1",
    ({ etcd }) => ({ etcd: { ...etcd!, alarms: [`CORRUPT ${etcd!.memberId}`, "CORRUPT 1"] } }),
    [`${Step.Member}: etcd's data differ from the other members'`],
  ],
  ["an etcd that knows of another's", "cp1", ({ etcd }) => ({ etcd: { ...etcd!, alarms: ["CORRUPT 1"] } }), []],
  [
    "an image that is gone and one that is not pinned",
    "w1",
    ({ images }) => ({ images: images.slice(1).map((image, index) => ({ ...image, pinned: index !== 0 })) }),
    hostImages(
      spec,
      spec.hosts.find(({ name }) => name === "w1")!,
    )
      .slice(0, 2)
      .map(
        (name, index) =>
          `${Step.Stage}: the image ${name} ${["is not there", "is not pinned: the kubelet may delete it"][index]}`,
      ),
  ],
  [
    "a node that somebody deleted, as the node itself knows",
    "w1",
    () => ({ registered: false }),
    [`${Step.Kubelet}: the node w1 is not in the cluster`],
  ],
];

describe("differs, in the step that repairs it:", () => {
  for (const [title, host, change, sentences] of cases) {
    test(title, () => assert.deepEqual(drift(host, change), sentences));
  }

  const cp1 = completeFacts(
    spec,
    spec.hosts.find(({ name }) => name === "cp1")!,
  );

  test("a node that a run which was cut off left cordoned, on every host that can put it back", () => {
    const nodes = cp1.cluster!.nodes.map((node) => ({ ...node, cordonedByUs: ["cp3", "w1"].includes(node.name) }));
    const seen = observations(spec, completeFacts, { cp1: { cluster: { ...cp1.cluster!, nodes } } });
    const sentences = (step: Step, on = "cp2") => driftOf(spec, seen).get(on)!.get(step);
    assert.deepEqual(sentences(Step.ControlPlanes), ["the node cp3 is still cordoned by a run that was cut off"]);
    assert.deepEqual(sentences(Step.Workers), ["the node w1 is still cordoned by a run that was cut off"]);
    assert.equal(sentences(Step.Workers, "w2"), undefined);
  });

  test("the labels of a node that registers again or is a fresh machine's, wherever they were given from", () => {
    const labelled = devSpec();
    const w2 = labelled.hosts.find(({ name }) => name === "w2")!;
    w2.labels = { zone: "a" };
    const seen = observations(labelled, completeFacts);
    const labels = (on: string) => driftOf(labelled, seen).get(on)!.get(Step.Labels);
    assert.deepEqual(labels("cp2"), []);
    w2.replacedBy = "3f2a";
    const sentence = ["the node w2 registers again without its labels and taints"];
    assert.deepEqual([labels("cp1"), labels("cp2"), labels("w1")], [sentence, sentence, undefined]);
  });

  test("a node that the API does not list", () => {
    const nodes = cp1.cluster!.nodes.filter(({ name }) => name !== "w2");
    const all = observations(spec, completeFacts, { cp1: { cluster: { ...cp1.cluster!, nodes } } });
    assert.deepEqual(driftOf(spec, all).get("w2")!.get(Step.Kubelet), ["the node w2 is not in the cluster"]);
  });
});
