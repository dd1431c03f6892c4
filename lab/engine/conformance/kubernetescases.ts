/** The kubernetes stand-in with a fresh API for each case, and objects to try it with. */
import { afterEach, beforeEach } from "node:test";
import { FakeApi } from "./fakeapi";
import { implementations } from "./plugins";
import { Plugin, secret, type Wire } from "./plugin";

export const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
export const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

export const configMap = (more: Wire = {}, metadata: Wire = { name: "cm", namespace: "ns" }): Wire => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata,
  data: { a: "1" },
  ...more,
});
export const deployment = (replicas: number, metadata: Wire = {}): Wire => ({
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

/** A controller that brings every Deployment up at once. */
export function ready(object: Wire): void {
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

/** Starts an API around each case; plugins started by it end with it. */
export function kubernetesCases() {
  const [standin] = implementations("kubernetes");
  const started: Plugin[] = [];
  let api: FakeApi | undefined;
  beforeEach(async () => {
    api = await FakeApi.start();
  });
  afterEach(async () => {
    for (const plugin of started.splice(0)) await plugin.stop();
    await api?.close();
  });

  const cases = {
    get api(): FakeApi {
      return api!;
    },
    /** Puts a new API in the place of the one before, which is gone. */
    async restart(): Promise<void> {
      await api!.close();
      api = await FakeApi.start();
    },
    async start(type: string, config: Wire = {}): Promise<Plugin> {
      const plugin = await Plugin.start(await standin!.executable(), type, {
        kubeconfig: secret(api!.kubeconfig),
        ...config,
      });
      started.push(plugin);
      return plugin;
    },
    async make(type: string, inputs: Wire, config: Wire = {}) {
      const plugin = await cases.start(type, config);
      const checked = (await plugin.check(inputs)).inputs;
      return { plugin, checked, ...(await plugin.create(checked)) };
    },
    writes: (): string[] =>
      api!.seen.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`),
  };
  return cases;
}
