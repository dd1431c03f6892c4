/** kubeadm's documents, judged by kubeadm itself. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import fc from "fast-check";
import { parse, parseAllDocuments } from "yaml";

import { clusterSpecs } from "../../test/arbitraries";
import { devConfig, devSpec, etcdHostsSpec, specOf, type StackConfig } from "../../test/fixtures";
import { binary } from "../../test/programs";
import { judge, scratch, write, type Judgement } from "../../test/scratch";
import { JOIN_KUBECONFIG } from "../pki/paths";
import { controlPlanes, nodes, workers } from "../spec/topology";
import type { ClusterSpec, HostSpec } from "../spec/types";
import { clusterFiles, joinDocument, staticPodDocuments } from "./kubeadm";

const spec = devSpec();
const [cp1] = controlPlanes(spec);
const [w1] = workers(spec);

interface Document {
  kind: string;
  [key: string]: unknown;
}

/** The file that the scripts put together for kubeadm: this node's part first, then those of the whole cluster. */
function wholeFile(cluster: ClusterSpec, host: HostSpec): string {
  return clusterFiles(cluster, host)
    .map(({ content }) => content)
    .join("---\n");
}

function documentsOf(text: string): Map<string, Document> {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Document);
  return new Map(documents.map((document) => [document.kind, document]));
}

describe("kubeadm's documents", () => {
  const folder = scratch();

  /** kubeadm looks whether the join kubeconfig is there: one stands in for it. */
  async function validate(text: string): Promise<Judgement> {
    const stub = write(folder, "join.conf", "");
    const file = write(folder, "kubeadm.yaml", text.replaceAll(JOIN_KUBECONFIG, stub));
    return judge(await binary("kubernetes", "kubeadm"), ["config", "validate", "--config", file]);
  }

  async function accepted(text: string): Promise<void> {
    const { ok, said } = await validate(text);
    assert.ok(ok, `${said}\n${text}`);
    assert.doesNotMatch(said, /unknown field|deprecated/i);
  }

  test("kubeadm accepts them for init and for every join, in both topologies", async () => {
    for (const cluster of [spec, etcdHostsSpec()]) {
      for (const host of controlPlanes(cluster)) await accepted(wholeFile(cluster, host));
      for (const node of nodes(cluster)) await accepted(joinDocument(cluster, node));
    }
  });

  test("kubeadm accepts them for a cluster of any shape", async () => {
    await fc.assert(
      fc.asyncProperty(clusterSpecs, async (cluster) => {
        await accepted(wholeFile(cluster, controlPlanes(cluster)[0]!));
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });

  test("kubeadm accepts every option of the configuration", async () => {
    const options: StackConfig = {
      api: {
        vip: "10.77.0.10",
        routerId: 7,
        port: 6444,
        bindPort: 6443,
        dnsName: "api.example",
        extraSans: ["192.0.2.1"],
      },
      apiServer: { extraArgs: { "goaway-chance": "0.01", "audit-log-path": "-" } },
      controllerManager: { extraArgs: { "node-monitor-grace-period": "20s" } },
      scheduler: { extraArgs: { v: "2" } },
      kubelet: { maxPods: 200, serializeImagePulls: false },
      kubeProxy: { mode: "ipvs" },
    };
    await accepted(wholeFile(specOf(devConfig(options)), cp1!));
  });

  test("kubeadm accepts what static pods are rendered from, for every control plane", async () => {
    for (const host of controlPlanes(spec)) await accepted(staticPodDocuments(spec, host));
  });

  test("kubeadm refuses a misspelt field, so its judgement means something", async () => {
    const { said } = await validate(wholeFile(spec, cp1!).replace("controlPlaneEndpoint", "controlPlaneEndpoit"));
    assert.match(said, /controlPlaneEndpoit/);
  });
});

describe("what they say", () => {
  const init = documentsOf(wholeFile(spec, cp1!));

  test("the endpoint of the cluster is the virtual IP, at HAProxy's port", () => {
    assert.equal(init.get("ClusterConfiguration")!["controlPlaneEndpoint"], "10.77.0.10:8443");
  });

  test("etcd is external, at all members over TLS", () => {
    const { external } = init.get("ClusterConfiguration")!["etcd"] as { external: { endpoints: string[] } };
    assert.deepEqual(
      external.endpoints,
      ["11", "12", "13"].map((last) => `https://10.77.0.${last}:2379`),
    );
  });

  test("static pods are rendered from what is theirs: settings of kubelet and kube-proxy are not among it", () => {
    const changed = specOf(devConfig({ kubelet: { maxPods: 50 }, kubeProxy: { mode: "iptables" } }));
    assert.notEqual(wholeFile(changed, cp1!), wholeFile(spec, cp1!));
    assert.equal(staticPodDocuments(changed, cp1!), staticPodDocuments(spec, cp1!));
  });

  test("only a cluster of several control planes lets a stopping API server serve on", () => {
    const hosts = (config: StackConfig) =>
      (config["hosts"] as { name: string }[]).filter(({ name }) => ["cp1", "w1"].includes(name));
    const alone = specOf(devConfig({ hosts: hosts(devConfig()), allowNonHa: true }));
    for (const [cluster, expected] of [
      [spec, true],
      [alone, false],
    ] as const) {
      const configuration = documentsOf(wholeFile(cluster, cp1!)).get("ClusterConfiguration")!;
      const { extraArgs } = configuration["apiServer"] as { extraArgs: { name: string }[] };
      assert.equal(
        extraArgs.some(({ name }) => name === "shutdown-delay-duration"),
        expected,
      );
    }
  });

  test("no join has a token or a certificate key", () => {
    for (const node of nodes(spec)) assert.doesNotMatch(joinDocument(spec, node), /token|certificateKey/i);
  });

  test("only control planes join as control planes", () => {
    for (const node of nodes(spec)) {
      const isControlPlane = controlPlanes(spec).some(({ name }) => name === node.name);
      const document = parse(joinDocument(spec, node)) as Document;
      assert.equal(document["controlPlane"] !== undefined, isControlPlane, node.name);
    }
  });

  test("a worker's own taints come with it, and a control plane keeps kubeadm's", () => {
    const taint = { key: "gpu", value: "yes", effect: "NoExecute" };
    const hosts = (devConfig()["hosts"] as object[]).map((host) => ({ ...host, taints: [taint] }));
    const tainted = specOf(devConfig({ hosts }));
    const taints = (cluster: ClusterSpec, name: string) => {
      const host = nodes(cluster).find((node) => node.name === name)!;
      const document = parse(joinDocument(cluster, host)) as { nodeRegistration: { taints: { key: string }[] } };
      return document.nodeRegistration.taints.map(({ key }) => key);
    };
    assert.deepEqual(taints(tainted, "w1"), ["gpu"]);
    assert.deepEqual(taints(tainted, "cp2"), ["node-role.kubernetes.io/control-plane", "gpu"]);
    // An empty list is not the same as none: kubeadm's default would otherwise come back.
    assert.deepEqual(taints(spec, w1!.name), []);
  });

  test("the node's address is the configured one, not the one of the default route", () => {
    const document = parse(joinDocument(spec, w1!)) as { nodeRegistration: { kubeletExtraArgs: unknown } };
    assert.deepEqual(document.nodeRegistration.kubeletExtraArgs, [{ name: "node-ip", value: "10.77.0.21" }]);
  });

  test("the text is the same however the keys of the configuration are ordered", () => {
    const kubelet = {
      maxPods: 50,
      cgroupDriver: "systemd",
      evictionHard: { "memory.available": "1Gi", "nodefs.available": "5%" },
    };
    const swapped = {
      evictionHard: { "nodefs.available": "5%", "memory.available": "1Gi" },
      cgroupDriver: "systemd",
      maxPods: 50,
    };
    assert.equal(
      wholeFile(specOf(devConfig({ kubelet })), cp1!),
      wholeFile(specOf(devConfig({ kubelet: swapped })), cp1!),
    );
  });
});
