/** What the kubernetes stand-in plans, following the official plugin's source. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CONFIG_MAP, configMap, deployment, DEPLOYMENT, kubernetesCases, ready } from "../conformance/kubernetescases";
import { secret, UNKNOWN, type Wire } from "../conformance/plugin";

describe("kubernetes stand-in: plans", { timeout: 120_000 }, () => {
  const cases = kubernetesCases();

  test("no change plans nothing, in whatever form the server returns it", async () => {
    cases.api.controller = (object) => {
      const spec = object["spec"] as { template?: { spec: { containers: Wire[] } } };
      const container = spec.template?.spec.containers[0];
      if (!container) return;
      Object.assign(container, {
        resources: { requests: { cpu: "100m" } },
        env: [{ name: "E" }],
        imagePullPolicy: "Always",
      });
    };
    const { plugin, state, checked, id } = await cases.make(
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
      cases.api.controller = ready;
      const { plugin, state, checked, id } = await cases.make(DEPLOYMENT, deployment(1));
      const answer = await plugin.diff(state, checked, news, id);
      assert.deepEqual(answer.detailed, detailed);
      assert.deepEqual(
        answer.replaces,
        Object.keys(detailed).filter((path) => detailed[path]!.endsWith("replace")),
      );
    });
  }

  test("a selector replaces, the old object first because the name stays", async () => {
    cases.api.controller = ready;
    const { plugin, state, checked, id } = await cases.make(DEPLOYMENT, deployment(1));
    const next = structuredClone(checked) as { spec: { selector: { matchLabels: Wire } } };
    next.spec.selector.matchLabels = { app: "other" };
    const answer = await plugin.diff(state, checked, next as unknown as Wire, id);
    assert.deepEqual(answer.detailed, { "spec.selector.matchLabels.app": "update-replace" });
    assert.equal(answer.deleteBeforeReplace, true);
  });

  test("a ConfigMap's data replaces, as the official plugin does by default", async () => {
    const { plugin, state, checked, id } = await cases.make(CONFIG_MAP, configMap());
    assert.deepEqual((await plugin.diff(state, checked, configMap({ data: { a: "2" } }), id)).detailed, {
      "data.a": "update-replace",
    });
    const mutable = await cases.start(CONFIG_MAP, { enableConfigMapMutable: "true" });
    assert.deepEqual((await mutable.diff(state, checked, configMap({ data: { a: "2" } }), id)).detailed, {
      "data.a": "update",
    });
  });

  test("ignored paths are no change", async () => {
    cases.api.controller = ready;
    const { plugin, state, checked, id } = await cases.make(DEPLOYMENT, deployment(1));
    assert.equal(
      (await plugin.diff(state, checked, deployment(5), id, { ignoreChanges: ["spec.replicas"] })).changes,
      "none",
    );
  });

  test("a preview asks the server without changing it", async () => {
    cases.api.controller = ready;
    const { plugin, state, checked, id } = await cases.make(DEPLOYMENT, deployment(1));
    const preview = await plugin.update(id, state, checked, deployment(4), { preview: true });
    assert.equal((preview["spec"] as Wire)["replicas"], 4);
    const created = await plugin.create((await plugin.check(deployment(1, { name: "new" }))).inputs, { preview: true });
    assert.equal(created.id, "");
    assert.equal(created.state["status"], undefined);
    assert.deepEqual(
      [...cases.api.objects.values()].map((object) => (object["spec"] as Wire)["replicas"]),
      [1],
    );
  });

  test("unknown inputs are previewed as they are", async () => {
    const plugin = await cases.start(CONFIG_MAP);
    const { inputs } = await plugin.check(configMap({ data: { a: UNKNOWN, b: secret(UNKNOWN) } }));
    assert.deepEqual(inputs, configMap({ data: { a: UNKNOWN, b: secret(UNKNOWN) } }));
    assert.deepEqual((await plugin.create(inputs, { preview: true })).state, inputs);
  });

  test("another cluster replaces the provider, a new certificate for the same one does not", async () => {
    const plugin = await cases.start(CONFIG_MAP);
    const other = cases.api.kubeconfig.replace(/127\.0\.0\.1:\d+/, "192.0.2.1:6443");
    const renewed = cases.api.kubeconfig.replace('"token":"t"', '"token":"u"');
    assert.deepEqual((await plugin.diffConfig({ kubeconfig: cases.api.kubeconfig }, { kubeconfig: other })).replaces, [
      "kubeconfig",
    ]);
    const answer = await plugin.diffConfig({ kubeconfig: cases.api.kubeconfig }, { kubeconfig: renewed });
    assert.deepEqual([answer.changes, answer.replaces], ["some", []]);
    assert.deepEqual(
      (await plugin.diffConfig({ kubeconfig: cases.api.kubeconfig }, { kubeconfig: UNKNOWN })).replaces,
      ["kubeconfig"],
    );
  });
});
