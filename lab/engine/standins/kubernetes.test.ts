/** What the kubernetes stand-in does to an API, following the official plugin's source. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CONFIG_MAP, configMap, deployment, DEPLOYMENT, kubernetesCases, ready } from "../conformance/kubernetescases";
import { secret, type Wire } from "../conformance/plugin";

describe("kubernetes stand-in: objects", { timeout: 120_000 }, () => {
  const cases = kubernetesCases();

  test("an object is created by name, with its inputs kept in state", async () => {
    const { id, state, checked } = await cases.make(CONFIG_MAP, configMap());
    assert.equal(id, "ns/cm");
    assert.deepEqual(cases.writes(), ["POST /api/v1/namespaces/ns/configmaps"]);
    assert.deepEqual(state["__inputs"], checked);
    assert.equal(state["__initialApiVersion"], "v1");
    assert.match(String(state["__fieldManager"]), /^pulumi-kubernetes-[0-9a-f]{8}$/);
    assert.deepEqual(state["data"], { a: "1" });
  });

  test("an object without a name gets one, and keeps it", async () => {
    const plugin = await cases.start(CONFIG_MAP);
    const first = (await plugin.check(configMap({}, { namespace: "ns" }))).inputs as {
      metadata: { name: string; annotations: Wire };
    };
    assert.match(first.metadata.name, /^x-[0-9a-f]{8}$/);
    assert.deepEqual(first.metadata.annotations, { "pulumi.com/autonamed": "true" });
    const again = (await plugin.check(configMap({}, { namespace: "ns" }), first as unknown as Wire)).inputs;
    assert.deepEqual(again, first);
  });

  test("an object that exists already is refused, unless upsertExistingObjects is set", async () => {
    await cases.make(CONFIG_MAP, configMap());
    await assert.rejects(
      cases.make(CONFIG_MAP, configMap()),
      /"cm" already exists\n\nThe resource already exists in the cluster/,
    );
    const { id } = await cases.make(CONFIG_MAP, configMap(), {
      upsertExistingObjects: "true",
      enablePatchForce: "true",
    });
    assert.equal(id, "ns/cm");
  });

  test("an update applies on the server, after taking over what the creation wrote", async () => {
    cases.api.controller = ready;
    const { plugin, state, checked, id } = await cases.make(DEPLOYMENT, deployment(1));
    const next = (await plugin.check(deployment(3), checked)).inputs;
    const updated = await plugin.update(id, state, checked, next);
    assert.equal((updated["spec"] as Wire)["replicas"], 3);
    const object = cases.api.objects.get("/apis/apps/v1/namespaces/ns/deployments/d")!;
    assert.deepEqual(
      object.metadata.managedFields.map(({ manager, operation }) => [manager, operation]),
      [[state["__fieldManager"], "Apply"]],
    );
  });

  test("a Secret's content is secret, as is the data that the server makes of stringData", async () => {
    const inputs = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "ns" },
      stringData: { pw: "hunter2" },
    };
    const { state, checked } = await cases.make("kubernetes:core/v1:Secret", inputs);
    assert.deepEqual(checked["data"], secret({ pw: Buffer.from("hunter2").toString("base64") }));
    assert.deepEqual(state["data"], checked["data"]);
    assert.ok(!JSON.stringify(state["__inputs"]).includes("hunter2"));
  });

  test("a Patch applies its fields and gives them up again", async () => {
    cases.api.controller = ready;
    await cases.make(DEPLOYMENT, deployment(1));
    const patch = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "ns", annotations: { "pulumi.com/patchForce": "true" } },
      spec: { replicas: 3 },
    };
    const { plugin, state, id, checked } = await cases.make(`${DEPLOYMENT}Patch`, patch);
    assert.equal(id, "ns/d");
    const applied = cases.api.seen.filter(({ method }) => method === "PATCH").at(-1)!;
    assert.deepEqual([applied.contentType, applied.query["force"]], ["application/apply-patch+yaml", "true"]);
    await plugin.delete(id, state, checked);
    const object = cases.api.objects.get("/apis/apps/v1/namespaces/ns/deployments/d")!;
    assert.ok(object, "the object stays");
    assert.deepEqual(cases.api.seen.at(-1)!.body, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "ns" },
    });
  });

  test("a Patch of fields that another manager holds is refused without patchForce", async () => {
    cases.api.controller = ready;
    await cases.make(DEPLOYMENT, deployment(1));
    const patch = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "ns" },
      spec: { replicas: 3 },
    };
    await assert.rejects(
      cases.make(`${DEPLOYMENT}Patch`, patch),
      /had an apply conflict: Apply failed with 1 conflict: conflict with "pulumi-kubernetes": .spec.replicas/,
    );
    await assert.rejects(
      cases.make(`${DEPLOYMENT}Patch`, { ...patch, metadata: {} }),
      /patch resources require the `.metadata.name` field/,
    );
  });

  test("a Deployment is awaited, and one that does not come up is an error that keeps its state", async () => {
    const plugin = await cases.start(DEPLOYMENT);
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
    const { id } = await cases.make(DEPLOYMENT, deployment(2, { annotations: { "pulumi.com/skipAwait": "true" } }));
    assert.equal(id, "ns/d");
  });

  test("a custom object is found by the API's own list", async () => {
    const thing = { apiVersion: "lab.example/v1", kind: "Thing", metadata: { name: "t" }, spec: { a: 1 } };
    const { id } = await cases.make("kubernetes:lab.example/v1:Thing", thing);
    assert.equal(id, "default/t");
    assert.ok(cases.writes().includes("POST /apis/lab.example/v1/namespaces/default/things"));
  });

  test("Delete waits until the object is gone", async () => {
    const { plugin, id, state, checked } = await cases.make(CONFIG_MAP, configMap());
    cases.api.holdDeletions = true;
    await assert.rejects(
      plugin.delete(id, state, checked, { timeout: 1 }),
      /"cm" timed out waiting to be Deleted; finalizers left: foregroundDeletion/,
    );
    cases.api.holdDeletions = false;
    await plugin.delete(id, state, checked);
    assert.equal(cases.api.objects.size, 0);
    await plugin.delete(id, state, checked);
  });

  test("Read shows drift, and that an object is gone", async () => {
    const { plugin, id, state, checked } = await cases.make(CONFIG_MAP, configMap());
    cases.api.objects.get("/api/v1/namespaces/ns/configmaps/cm")!["data"] = { a: "drift", other: "x" };
    const read = await plugin.read(id, state, checked);
    assert.deepEqual(read.inputs["data"], { a: "drift" });
    cases.api.objects.clear();
    assert.equal((await plugin.read(id, state, checked)).id, "");
  });

  test("an unreachable cluster: previews pass, changes fail, deletions pass when they are allowed to", async () => {
    const { id, state, checked } = await cases.make(CONFIG_MAP, configMap());
    const { kubeconfig } = cases.api;
    await cases.restart();
    const plugin = await cases.start(CONFIG_MAP, { kubeconfig });
    assert.deepEqual((await plugin.create(checked, { preview: true })).state, checked);
    assert.equal((await plugin.diff(state, checked, checked, id)).changes, "none");
    await assert.rejects(plugin.create(checked), /configured Kubernetes cluster is unreachable/);
    await assert.rejects(plugin.delete(id, state, checked), /PULUMI_K8S_DELETE_UNREACHABLE/);
    const deleting = await cases.start(CONFIG_MAP, { kubeconfig, deleteUnreachable: "true" });
    await deleting.delete(id, state, checked);
    const skipping = await cases.start(CONFIG_MAP, { kubeconfig, skipUpdateUnreachable: "true" });
    assert.deepEqual((await skipping.check(configMap({ data: { a: "2" } }), checked)).inputs, checked);
  });

  test("manifests are decoded, empty documents left out, the default namespace filled in", async () => {
    const plugin = await cases.start(CONFIG_MAP);
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
