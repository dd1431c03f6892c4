/** What a cluster was made with, read from the files of its programs and held against the configuration. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { etcdConfig } from "../etcd/config";
import { kubeconfig } from "../pki/kubeconfig";
import { specOf } from "../spec/fixture";
import { apiEndpoint } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import { assertNone, examine } from "./checks";
import { contextOf } from "./checks/cases/case";
import { readFacts } from "./reading";
import { runInSandbox, type SandboxFile } from "./sandbox";
import { programOf, questionsFor, variablesFor } from "./script";

const LIMIT = { timeout: 90_000 };
const spec = specOf() as unknown as ClusterSpec;
const cp1 = spec.hosts[0]!;

/** As kubeadm writes them. */
const manifest = (component: string, flags: string[]) => `apiVersion: v1
kind: Pod
spec:
  containers:
  - command:
    - kube-${component}
${flags.map((flag) => `    - --${flag}\n`).join("")}    image: registry.k8s.io/kube-${component}:v1.35.4
`;
const adminConf = (server: string) =>
  kubeconfig({ clusterName: "test", server, user: "admin", ca: "ca", certificate: "certificate", key: "key" });

const files = (server: string): SandboxFile[] => [
  {
    path: "etc/kubernetes/manifests/kube-apiserver.yaml",
    content: manifest("apiserver", ["secure-port=6443", "service-cluster-ip-range=10.32.0.0/16"]),
  },
  {
    path: "etc/kubernetes/manifests/kube-controller-manager.yaml",
    content: manifest("controller-manager", ["cluster-cidr=10.200.0.0/16", "service-cluster-ip-range=10.32.0.0/16"]),
  },
  { path: "etc/etcd/etcd.yaml", content: etcdConfig(spec, cp1) },
  { path: "etc/kubernetes/admin.conf", content: adminConf(server) },
  { path: "var/lib/kubelet/config.yaml", content: "cgroupDriver: systemd\nclusterDomain: cluster.local\nmaxPods: 7\n" },
];

function observed(server: string) {
  const nothing = { WANTED_PACKAGES: [], APT_SOURCES: [], APT_SOURCE_TEXTS: [], APT_KEYS: [], PROBES: [] };
  const program = programOf({ ...variablesFor(spec, cp1), ...nothing, NODE_IP: "127.0.0.1", BIND_PORT: "1" });
  const outcome = runInSandbox(files(server), program);
  assert.equal(outcome.code, 0, outcome.errors);
  return { facts: readFacts(outcome.output, questionsFor(spec, cp1).asked), raw: outcome.output };
}

test("a control plane tells what it was made with", LIMIT, () => {
  const { facts } = observed(apiEndpoint(spec).url);
  assert.deepEqual(facts.settings, {
    podCidr: spec.network.podCidr,
    serviceCidr: spec.network.serviceCidr,
    dnsDomain: spec.network.dnsDomain,
    bindPort: "6443",
    endpoint: "https://192.0.2.10:8443",
    etcdDataDir: spec.etcd.dataDir,
  });
  assert.deepEqual(
    facts.staticPods.map(({ image }) => image),
    ["apiserver", "controller-manager"].map((component) => `registry.k8s.io/kube-${component}:v1.35.4`),
  );
});

test("a password in an endpoint stays on the host", LIMIT, () => {
  const { facts, raw } = observed("https://admin:s3cret@192.0.2.10:8443");
  assert.equal(facts.settings.endpoint, "");
  const { answers } = JSON.parse(raw) as { answers: Record<string, string> };
  assert.ok(!Object.values(answers).some((answer) => Buffer.from(answer, "base64").toString().includes("s3cret")));
});

test("what the record and the hosts both tell is told once", () => {
  const config = { network: { serviceCidr: "10.33.0.0/16" } };
  for (const given of [
    { config, appliedConfig: {} },
    { config, appliedConfig: {}, lost: true as const },
  ]) {
    const { spec: wanted, observations, applied } = contextOf(given);
    assert.throws(
      () => assertNone(examine(wanted, observations, applied).problems),
      (error: unknown) => {
        assert.ok(pulumi.RunError.isInstance(error));
        assert.match(
          error.message,
          /^1 problem, .*\n {2}network\.serviceCidr 10\.33\.0\.0\/16: was 10\.32\.0\.0\/16, /,
        );
        return true;
      },
    );
  }
});
