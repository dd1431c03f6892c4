/** The program as a whole: names, previews, outputs, refusals. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { devConfig, withHosts } from "../fixtures";
import { record } from "./engine";
import { devCluster, etcdHostsCluster } from "./topologies";
import { isSecret, reveal } from "./wire";

test("every resource is named after its parent, and the topmost after the cluster", async () => {
  for (const recording of [await devCluster(), await etcdHostsCluster()]) {
    for (const resource of recording.wanted) {
      const parent = recording.parentOf(resource);
      const prefix = parent && parent.type !== "pulumi:pulumi:Stack" ? parent.name : "dev";
      assert.ok(
        resource.name === prefix || resource.name.startsWith(`${prefix}-`),
        `${resource.type} ${resource.name} does not start with ${prefix}`,
      );
    }
  }
});

test("every resource has a parent other than the stack, but for the components of the table of contents", async () => {
  const recording = await devCluster();
  const top = recording.wanted.filter((resource) => recording.parentOf(resource)?.type === "pulumi:pulumi:Stack");
  assert.ok(top.length >= 5, "the table of contents is recorded");
  for (const resource of top) assert.equal(resource.custom, false, resource.name);
});

test("no name holds a position in a list: hosts with odd names keep them", async () => {
  const names = ["zebra", "m", "a-b-c", "node-7", "x9y"];
  const renamed = withHosts((hosts) => hosts.map((host, index) => ({ ...host, name: names[index]! })));
  const recording = (await record(renamed)).succeeded();
  const claims = recording.commands.map(({ name }) => name).filter((name) => name.endsWith("-claim"));
  assert.deepEqual(claims.sort(), names.map((name) => `dev-${name}-claim`).sort());
  const numbers = recording.wanted.filter(({ name }) => /(^|-)\d+(-|$)/.test(name.replaceAll("node-7", "")));
  assert.deepEqual(numbers, []);
});

test("a preview in which nothing is known yet plans every resource of the real run", async () => {
  const real = await devCluster();
  const preview = (await record(devConfig(), { preview: true })).succeeded();
  const urns = (resources: { urn: string }[]) => resources.map(({ urn }) => urn).sort();
  assert.deepEqual(urns(preview.wanted), urns(real.wanted));
});

test("in such a preview every script is already readable in full", async () => {
  const real = (await record(devConfig())).succeeded();
  const preview = (await record(devConfig(), { preview: true })).succeeded();
  for (const command of preview.commands) {
    assert.equal(command.inputs["create"], real.custom(command.name).inputs["create"], command.name);
    assert.equal(command.inputs["delete"], real.custom(command.name).inputs["delete"], command.name);
  }
});

test("the outputs are the endpoint, a secret kubeconfig for it, and a table of the hosts", async () => {
  const { endpoint, kubeconfig, nodes } = (await devCluster()).stackOutputs;
  assert.equal(endpoint, "https://10.77.0.10:8443");
  assert.ok(isSecret(kubeconfig), "the kubeconfig is secret");
  assert.match(String(reveal(kubeconfig)), /server: https:\/\/10\.77\.0\.10:8443\n/);
  assert.deepEqual(
    (nodes as { name: string }[]).map(({ name }) => name),
    ["cp1", "cp2", "cp3", "w1", "w2"],
  );
});

test("a wrong configuration registers nothing and names every problem in one message", async () => {
  const wrong = devConfig({
    kubernetesVersion: "v1.12.0",
    api: { vip: "10.77.0.11", routerId: 300 },
    workerz: 3,
    network: { podCidr: "10.200.0.0/16", serviceCidr: "10.200.0.0/16" },
  });
  const recording = await record(wrong);
  assert.notEqual(recording.exitCode, 0);
  assert.deepEqual(recording.wanted, []);
  assert.equal(recording.errors.length, 1, recording.errors.join("\n---\n"));
  const [message = ""] = recording.errors;
  for (const part of ["kubernetesVersion", "v1.12.0", "api.routerId", "300", "workerz", "network"]) {
    assert.ok(message.includes(part), `the message does not name ${part}:\n${message}`);
  }
  assert.match(message, /problems, nothing was changed/);
});

test("a resource that its provider refuses ends the run at once, with the provider's reason", async () => {
  const recording = await record(devConfig(), { refuse: "dev-service-account" });
  assert.equal(recording.exitCode, 32, "the program ended by itself, after it had told the reason");
  assert.ok(
    recording.errors.some((error) => error.includes("dev-service-account is refused by this test")),
    recording.errors.join("\n"),
  );
  assert.ok(!recording.commands.some(({ name }) => name.endsWith("-join")), "nothing that needs it is declared");
});

test("a wrong configuration does not show the private key", async () => {
  const recording = await record(devConfig({ ssh: { user: "root", privateKey: 5, knownHosts: "nowhere" } }));
  assert.notEqual(recording.exitCode, 0);
  assert.deepEqual(recording.wanted, []);
  const said = [...recording.errors, ...recording.messages, recording.printed].join("\n");
  assert.ok(said.includes("ssh"), said);
  assert.ok(!said.includes("PRIVATE KEY-----\n"), "key material is printed");
});
