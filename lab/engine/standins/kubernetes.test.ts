/** The kubernetes stand-in against a small API of our own; what it does follows the official plugin's source. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { FakeApi } from "../conformance/fakeapi";
import { implementations } from "../conformance/plugins";
import { Plugin, secret, UNKNOWN, type Wire } from "../conformance/plugin";

const LIMIT = { timeout: 120_000 };
const [standin] = implementations("kubernetes");
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

const configMap = (more: Wire = {}, metadata: Wire = { name: "cm", namespace: "ns" }): Wire => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata,
  data: { a: "1" },
  ...more,
});
const deployment = (replicas: number, metadata: Wire = {}): Wire => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "d", namespace: "ns", ...metadata },
  spec: {
    replicas,
    selector: { matchLabels: { app: "d" } },
    template: {
      metadata: { labels: { app: "d" } },
      spec: {
        containers: [
          { name: "c", image: "i:1", resources: { requests: { cpu: "0.1" } }, env: [{ name: "E", value: "" }] },
        ],
      },
    },
  },
});

describe("kubernetes stand-in", LIMIT, () => {
  let api: FakeApi;
  const started: Plugin[] = [];
  beforeEach(async () => {
    api = await FakeApi.start();
  });
  afterEach(async () => {
    for (const plugin of started.splice(0)) await plugin.stop();
    await api.close();
  });

  const start = async (type: string, config: Wire = {}): Promise<Plugin> => {
    const plugin = await Plugin.start(await standin!.executable(), type, {
      kubeconfig: secret(api.kubeconfig),
      ...config,
    });
    started.push(plugin);
    return plugin;
  };
  const make = async (type: string, inputs: Wire, config: Wire = {}) => {
    const plugin = await start(type, config);
    const checked = (await plugin.check(inputs)).inputs;
    return { plugin, checked, ...(await plugin.create(checked)) };
  };
  const writes = () => api.seen.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);

  test("an object is created by name, with its inputs kept in state", async () => {
    const { id, state, checked } = await make(CONFIG_MAP, configMap());
    assert.equal(id, "ns/cm");
    assert.deepEqual(writes(), ["POST /api/v1/namespaces/ns/configmaps"]);
    assert.deepEqual(state["__inputs"], checked);
    assert.equal(state["__initialApiVersion"], "v1");
    assert.match(String(state["__fieldManager"]), /^pulumi-kubernetes-[0-9a-f]{8}$/);
    assert.deepEqual(state["data"], { a: "1" });
  });

  test("an object without a name gets one, and keeps it", async () => {
    const plugin = await start(CONFIG_MAP);
    const first = (await plugin.check(configMap({}, { namespace: "ns" }))).inputs as {
      metadata: { name: string; annotations: Wire };
    };
    assert.match(first.metadata.name, /^x-[0-9a-f]{8}$/);
    assert.deepEqual(first.metadata.annotations, { "pulumi.com/autonamed": "true" });
    const again = (await plugin.check(configMap({}, { namespace: "ns" }), first as unknown as Wire)).inputs;
    assert.deepEqual(again, first);
  });

  test("an object that exists already is refused, unless upsertExistingObjects is set", async () => {
    await make(CONFIG_MAP, configMap());
    await assert.rejects(
      make(CONFIG_MAP, configMap()),
      /"cm" already exists\n\nThe resource already exists in the cluster/,
    );
    const { id } = await make(CONFIG_MAP, configMap(), { upsertExistingObjects: "true", enablePatchForce: "true" });
    assert.equal(id, "ns/cm");
  });

  test("no change plans nothing, in whatever form the server returns it", async () => {
    api.controller = (object) => {
      const spec = object["spec"] as { template?: { spec: { containers: Wire[] } } };
      const container = spec.template?.spec.containers[0];
      if (!container) return;
      Object.assign(container, {
        resources: { requests: { cpu: "100m" } },
        env: [{ name: "E" }],
        imagePullPolicy: "Always",
      });
    };
    const { plugin, state, checked, id } = await make(
      DEPLOYMENT,
      deployment(1, { annotations: { "pulumi.com/skipAwait": "true" } }),
    );
    const answer = await plugin.diff(state, checked, checked, id);
    assert.deepEqual([answer.changes, answer.detailed], ["none", {}]);
  });

  const plans: Record<string, { news: Wire; detailed: Record<string, string> }> = {
    "a number": { news: deployment(2), detailed: { "spec.replicas": "update" } },
    "a label added": { news: deployment(1, { labels: { l: "1" } }), detailed: { "metadata.labels": "add" } },
    "another name": { news: deployment(1, { name: "e" }), detailed: { "metadata.name": "update-replace" } },
    "another namespace": {
      news: deployment(1, { namespace: "other" }),
      detailed: { "metadata.namespace": "update-replace" },
    },
    "an unknown value": { news: deployment(UNKNOWN as never), detailed: { "spec.replicas": "update" } },
  };
  for (const [what, { news, detailed }] of Object.entries(plans)) {
    test(`Diff: ${what}`, async () => {
      api.controller = ready;
      const { plugin, state, checked, id } = await make(DEPLOYMENT, deployment(1));
      const answer = await plugin.diff(state, checked, news, id);
      assert.deepEqual(answer.detailed, detailed);
      assert.deepEqual(
        answer.replaces,
        Object.keys(detailed).filter((path) => detailed[path]!.endsWith("replace")),
      );
    });
  }

  test("a selector replaces, the old object first because the name stays", async () => {
    api.controller = ready;
    const { plugin, state, checked, id } = await make(DEPLOYMENT, deployment(1));
    const next = structuredClone(checked) as { spec: { selector: { matchLabels: Wire } } };
    next.spec.selector.matchLabels = { app: "other" };
    const answer = await plugin.diff(state, checked, next as unknown as Wire, id);
    assert.deepEqual(answer.detailed, { "spec.selector.matchLabels.app": "update-replace" });
    assert.equal(answer.deleteBeforeReplace, true);
  });

  test("a ConfigMap's data replaces, as the official plugin does by default", async () => {
    const { plugin, state, checked, id } = await make(CONFIG_MAP, configMap());
    assert.deepEqual((await plugin.diff(state, checked, configMap({ data: { a: "2" } }), id)).detailed, {
      "data.a": "update-replace",
    });
    const mutable = await start(CONFIG_MAP, { enableConfigMapMutable: "true" });
    assert.deepEqual((await mutable.diff(state, checked, configMap({ data: { a: "2" } }), id)).detailed, {
      "data.a": "update",
    });
  });

  test("ignored paths are no change", async () => {
    api.controller = ready;
    const { plugin, state, checked, id } = await make(DEPLOYMENT, deployment(1));
    assert.equal(
      (await plugin.diff(state, checked, deployment(5), id, { ignoreChanges: ["spec.replicas"] })).changes,
      "none",
    );
  });

  test("an update applies on the server, after taking over what the creation wrote", async () => {
    api.controller = ready;
    const { plugin, state, checked, id } = await make(DEPLOYMENT, deployment(1));
    const next = (await plugin.check(deployment(3), checked)).inputs;
    const updated = await plugin.update(id, state, checked, next);
    assert.equal((updated["spec"] as Wire)["replicas"], 3);
    const object = api.objects.get("/apis/apps/v1/namespaces/ns/deployments/d")!;
    assert.deepEqual(
      object.metadata.managedFields.map(({ manager, operation }) => [manager, operation]),
      [[state["__fieldManager"], "Apply"]],
    );
  });

  test("a preview asks the server without changing it", async () => {
    api.controller = ready;
    const { plugin, state, checked, id } = await make(DEPLOYMENT, deployment(1));
    const preview = await plugin.update(id, state, checked, deployment(4), { preview: true });
    assert.equal((preview["spec"] as Wire)["replicas"], 4);
    const created = await plugin.create((await plugin.check(deployment(1, { name: "new" }))).inputs, { preview: true });
    assert.equal(created.id, "");
    assert.equal(created.state["status"], undefined);
    assert.deepEqual(
      [...api.objects.values()].map((object) => (object["spec"] as Wire)["replicas"]),
      [1],
    );
  });

  test("unknown inputs are previewed as they are", async () => {
    const plugin = await start(CONFIG_MAP);
    const { inputs } = await plugin.check(configMap({ data: { a: UNKNOWN, b: secret(UNKNOWN) } }));
    assert.deepEqual(inputs, configMap({ data: { a: UNKNOWN, b: secret(UNKNOWN) } }));
    assert.deepEqual((await plugin.create(inputs, { preview: true })).state, inputs);
  });

  test("a Secret's content is secret, as is the data that the server makes of stringData", async () => {
    const inputs = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "ns" },
      stringData: { pw: "hunter2" },
    };
    const { state, checked } = await make("kubernetes:core/v1:Secret", inputs);
    assert.deepEqual(checked["data"], secret({ pw: Buffer.from("hunter2").toString("base64") }));
    assert.deepEqual(state["data"], checked["data"]);
    assert.ok(!JSON.stringify(state["__inputs"]).includes("hunter2"));
  });

  test("a Patch applies its fields and gives them up again", async () => {
    api.controller = ready;
    await make(DEPLOYMENT, deployment(1));
    const patch = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "ns", annotations: { "pulumi.com/patchForce": "true" } },
      spec: { replicas: 3 },
    };
    const { plugin, state, id, checked } = await make(`${DEPLOYMENT}Patch`, patch);
    assert.equal(id, "ns/d");
    const applied = api.seen.filter(({ method }) => method === "PATCH").at(-1)!;
    assert.deepEqual([applied.contentType, applied.query["force"]], ["application/apply-patch+yaml", "true"]);
    await plugin.delete(id, state, checked);
    const object = api.objects.get("/apis/apps/v1/namespaces/ns/deployments/d")!;
    assert.ok(object, "the object stays");
    assert.deepEqual(api.seen.at(-1)!.body, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "ns" },
    });
  });

  test("a Patch of fields that another manager holds is refused without patchForce", async () => {
    api.controller = ready;
    await make(DEPLOYMENT, deployment(1));
    const patch = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "ns" },
      spec: { replicas: 3 },
    };
    await assert.rejects(
      make(`${DEPLOYMENT}Patch`, patch),
      /had an apply conflict: Apply failed with 1 conflict: conflict with "pulumi-kubernetes": .spec.replicas/,
    );
    await assert.rejects(
      make(`${DEPLOYMENT}Patch`, { ...patch, metadata: {} }),
      /patch resources require the `.metadata.name` field/,
    );
  });

  test("a Deployment is awaited, and one that does not come up is an error that keeps its state", async () => {
    const plugin = await start(DEPLOYMENT);
    const { inputs } = await plugin.check(deployment(2));
    const error = await plugin.create(inputs, { timeout: 1 }).then(
      () => undefined,
      (reason: Error & { metadata: { get(key: string): Buffer[] } }) => reason,
    );
    assert.match(
      error!.message,
      /failed to fully initialize or become live: "d" timed out waiting to be Ready: 0 of 2 pods available/,
    );
    assert.match(error!.metadata.get("grpc-status-details-bin").toString(), /ErrorResourceInitFailed/);
  });

  test("skipAwait does not wait", async () => {
    const { id } = await make(DEPLOYMENT, deployment(2, { annotations: { "pulumi.com/skipAwait": "true" } }));
    assert.equal(id, "ns/d");
  });

  test("a custom object is found by the API's own list", async () => {
    const thing = { apiVersion: "lab.example/v1", kind: "Thing", metadata: { name: "t" }, spec: { a: 1 } };
    const { id } = await make("kubernetes:lab.example/v1:Thing", thing);
    assert.equal(id, "default/t");
    assert.ok(writes().includes("POST /apis/lab.example/v1/namespaces/default/things"));
  });

  test("Delete waits until the object is gone", async () => {
    const { plugin, id, state, checked } = await make(CONFIG_MAP, configMap());
    api.holdDeletions = true;
    await assert.rejects(
      plugin.delete(id, state, checked, { timeout: 1 }),
      /"cm" timed out waiting to be Deleted; finalizers left: foregroundDeletion/,
    );
    api.holdDeletions = false;
    await plugin.delete(id, state, checked);
    assert.equal(api.objects.size, 0);
    await plugin.delete(id, state, checked);
  });

  test("Read shows drift, and that an object is gone", async () => {
    const { plugin, id, state, checked } = await make(CONFIG_MAP, configMap());
    api.objects.get("/api/v1/namespaces/ns/configmaps/cm")!["data"] = { a: "drift", other: "x" };
    const read = await plugin.read(id, state, checked);
    assert.deepEqual(read.inputs["data"], { a: "drift" });
    api.objects.clear();
    assert.equal((await plugin.read(id, state, checked)).id, "");
  });

  test("an unreachable cluster: previews pass, changes fail, deletions pass when they are allowed to", async () => {
    const { id, state, checked } = await make(CONFIG_MAP, configMap());
    const { kubeconfig } = api;
    await api.close();
    api = await FakeApi.start();
    const plugin = await start(CONFIG_MAP, { kubeconfig });
    assert.deepEqual((await plugin.create(checked, { preview: true })).state, checked);
    assert.equal((await plugin.diff(state, checked, checked, id)).changes, "none");
    await assert.rejects(plugin.create(checked), /configured Kubernetes cluster is unreachable/);
    await assert.rejects(plugin.delete(id, state, checked), /PULUMI_K8S_DELETE_UNREACHABLE/);
    const deleting = await start(CONFIG_MAP, { kubeconfig, deleteUnreachable: "true" });
    await deleting.delete(id, state, checked);
    const skipping = await start(CONFIG_MAP, { kubeconfig, skipUpdateUnreachable: "true" });
    assert.deepEqual((await skipping.check(configMap({ data: { a: "2" } }), checked)).inputs, checked);
  });

  test("another cluster replaces the provider, a new certificate for the same one does not", async () => {
    const plugin = await start(CONFIG_MAP);
    const other = api.kubeconfig.replace(/127\.0\.0\.1:\d+/, "192.0.2.1:6443");
    const renewed = api.kubeconfig.replace('"token":"t"', '"token":"u"');
    assert.deepEqual((await plugin.diffConfig({ kubeconfig: api.kubeconfig }, { kubeconfig: other })).replaces, [
      "kubeconfig",
    ]);
    const answer = await plugin.diffConfig({ kubeconfig: api.kubeconfig }, { kubeconfig: renewed });
    assert.deepEqual([answer.changes, answer.replaces], ["some", []]);
    assert.deepEqual((await plugin.diffConfig({ kubeconfig: api.kubeconfig }, { kubeconfig: UNKNOWN })).replaces, [
      "kubeconfig",
    ]);
  });

  test("manifests are decoded, empty documents left out, the default namespace filled in", async () => {
    const plugin = await start(CONFIG_MAP);
    const text =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n";
    assert.deepEqual(await plugin.invoke("kubernetes:yaml:decode", { text, defaultNamespace: "ns" }), {
      result: [
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "ns" } },
        { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } },
      ],
    });
  });
});

/** A controller that brings every Deployment up at once. */
function ready(object: Wire): void {
  if (object["kind"] !== "Deployment") return;
  const replicas = (object["spec"] as Wire)["replicas"];
  const generation = (object["metadata"] as Wire)["generation"] ?? 1;
  object["status"] = {
    observedGeneration: generation,
    replicas,
    updatedReplicas: replicas,
    availableReplicas: replicas,
  };
}
