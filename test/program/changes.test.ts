/** What a change of the configuration changes in the plan: two runs of the program, compared. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { devConfig, withHosts, type HostEntry, type StackConfig } from "../fixtures";
import { record } from "./engine";
import { difference, type Difference } from "./recording";
import { devCluster } from "./topologies";

const COMMAND = "command:remote:Command";
const nothing: Difference = { added: [], removed: [], changed: [] };

async function changesFromDev(config: StackConfig): Promise<Difference> {
  return difference(await devCluster(), (await record(config)).succeeded());
}

const w3: HostEntry = { name: "w3", ip: "10.77.0.23", roles: ["worker"] };

test("another run with the same configuration plans the same", async () => {
  assert.deepEqual(await changesFromDev(devConfig()), nothing);
});

test("the order of keys does not matter", async () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, reversed(item)]),
    );
  };
  assert.deepEqual(await changesFromDev(reversed(devConfig()) as StackConfig), nothing);
});

test("the order of hosts does not matter, as long as the same control plane may bootstrap", async () => {
  const shuffled = withHosts(([cp1, cp2, cp3, w1, w2]) => [w2!, cp1!, cp3!, w1!, cp2!]);
  assert.deepEqual(await changesFromDev(shuffled), nothing);
});

test("another first control plane only changes who may bootstrap", async () => {
  const swapped = withHosts(([cp1, cp2, ...rest]) => [cp2!, cp1!, ...rest]);
  const { added, removed, changed } = await changesFromDev(swapped);
  assert.deepEqual({ added, removed }, { added: [], removed: [] });
  const mayChange = ["dev-cp1-control-plane", "dev-cp2-control-plane", "dev-etcd-healthy", "dev-ready"];
  for (const name of changed) assert.ok(mayChange.includes(name.split(" ")[1]!), `${name} must not change`);
});

test("a new worker adds its own resources and changes nothing but the last gate", async () => {
  const { added, removed, changed } = await changesFromDev(withHosts((hosts) => [...hosts, w3]));
  assert.ok(added.length >= 4 && added.every((name) => name.includes("w3")), added.join(", "));
  assert.deepEqual(removed, []);
  assert.deepEqual(changed, [`${COMMAND} dev-ready`]);
});

test("a worker that is taken off the list takes only its own resources with it", async () => {
  const { added, removed, changed } = await changesFromDev(withHosts((hosts) => hosts.filter((h) => h.name !== "w1")));
  assert.deepEqual(added, []);
  assert.ok(removed.length >= 4 && removed.every((name) => name.includes("w1")), removed.join(", "));
  assert.deepEqual(changed, [`${COMMAND} dev-ready`]);
});

test("one worker's labels are one resource", async () => {
  const labelled = (zone: string) =>
    withHosts((hosts) => hosts.map((host) => (host.name === "w2" ? { ...host, labels: { zone } } : host)));
  const first = await changesFromDev(labelled("a"));
  assert.deepEqual(first, { ...nothing, added: ["kubernetes:core/v1:NodePatch dev-w2-labels"] });
  const before = (await record(labelled("a"))).succeeded();
  const after = (await record(labelled("b"))).succeeded();
  assert.deepEqual(difference(before, after), { ...nothing, changed: first.added });
});

test("a Kubernetes patch release changes no certificate, no etcd member and no virtual IP", async () => {
  const { added, removed, changed } = await changesFromDev(devConfig({ kubernetesVersion: "v1.35.5" }));
  assert.deepEqual({ added, removed }, { added: [], removed: [] });
  assert.ok(changed.length > 0, "the new version shows in the plan");
  const spared = /tls:|random:|-claim$|-member$|-vip$|etcd-healthy$/;
  assert.deepEqual(
    changed.filter((name) => spared.test(name)),
    [],
  );
});

test("an etcd setting changes the members and nothing else", async () => {
  const { added, removed, changed } = await changesFromDev(
    devConfig({ etcd: { heartbeatIntervalMs: 200, electionTimeoutMs: 2000 } }),
  );
  assert.deepEqual({ added, removed }, { added: [], removed: [] });
  assert.deepEqual(
    changed,
    ["cp1", "cp2", "cp3"].map((name) => `${COMMAND} dev-etcd-${name}-member`),
  );
});
