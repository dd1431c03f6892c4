/** What the engine is given to find. */
import assert from "node:assert/strict";
import { before, test } from "node:test";

import { scratch } from "../../test/scratch";
import { composed, holdings, isOf, touched, type State } from "./checkpoint";
import { keyFiles } from "../../test/keys";
import { materialOf } from "./material";
import { keyForms } from "./forms";
import { secret, seedsOf, type Seed } from "./seeds";
import { emptyPreview, stackUrn } from "./simulated";

let seeds: Seed[] = [];
let files = new Map<string, string>();
let states: State[] = [];

before(async () => {
  files = await keyFiles(scratch());
  seeds = seedsOf("prod", materialOf(files));
  let next = 0;
  states = composed(emptyPreview(), seeds, () => `id-${++next}`);
});

const state = (name: string) => states.find(({ urn }) => urn.endsWith(`::${name}`))!;

test("whatever a resource refers to comes before it", () => {
  const seen = new Set<string>();
  for (const { urn, parent, provider, inputs } of states) {
    assert.ok(parent === undefined || seen.has(parent), `${urn} before its parent`);
    assert.ok(
      provider === undefined || seen.has(provider.slice(0, provider.lastIndexOf("::"))),
      `${urn} before its provider`,
    );
    if (inputs?.["privateKeyPem"])
      assert.ok(
        [...seen].some((each) =>
          each.endsWith(
            `${urn
              .split("::")
              .at(-1)!
              .replace(/-cert$/, "-key")}`,
          ),
        ),
        urn,
      );
    seen.add(urn);
  }
  assert.equal(states[0]!.urn, stackUrn);
  assert.equal(seen.size, states.length);
});

test("an authority has the certificate of the file, and the inputs that the program gives", () => {
  const { id, inputs, outputs } = state("prod-etcd-cert");
  assert.equal(outputs!["certPem"], files.get("etcd/ca.crt"));
  assert.deepEqual(inputs!["subject"], { commonName: "etcd" });
  assert.deepEqual(inputs!["privateKeyPem"], state("prod-etcd-key").outputs!["privateKeyPem"]);
  assert.match(id!, /^\d+$/);
});

test("providers are known by the version in their name, and referred to by their new id", () => {
  const provider = states.find(({ type }) => type === "pulumi:providers:tls")!;
  assert.deepEqual(provider.inputs, { __internal: {}, version: "5.6.1" });
  assert.equal(state("prod-service-account").provider, `${provider.urn}::${provider.id}`);
});

test("every secret is marked as one, and stands nowhere else", () => {
  const { privateKeyPem } = keyForms(materialOf(files).serviceAccount);
  assert.deepEqual(state("prod-service-account").outputs!["privateKeyPem"], secret(privateKeyPem));
  const open = JSON.stringify(states).replaceAll(/"plaintext":"(\\.|[^"\\])*"/g, "");
  assert.doesNotMatch(open, /PRIVATE KEY/);
});

test("an input that the preview does not know is refused", () => {
  const steps = emptyPreview();
  const certificate = steps.find(({ urn }) => urn.endsWith("::prod-etcd-cert"))!.newState!;
  certificate.inputs!["subject"] = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
  assert.throws(() => composed(steps, seeds), /does not know all inputs of prod-etcd-cert/);
});

test("a program that declares other resources is refused", () => {
  const steps = emptyPreview().filter(({ urn }) => !urn.endsWith("::prod-service-account"));
  assert.throws(() => composed(steps, seeds), /declares 0 resources prod-service-account/);
});

test("what a preview would do with a seed is told, with its reasons, and of nothing else", () => {
  const { urn } = state("prod-etcd-cert");
  const steps = [
    { op: "same", urn: state("prod-service-account").urn },
    { op: "replace", urn, replaceReasons: ["validityEndTime"], diffReasons: ["validityEndTime"] },
    { op: "create", urn: "urn:pulumi:prod::kubeadm-ha::command:remote:Command::prod-cp1-claim" },
  ];
  assert.deepEqual(touched(steps, seeds), ["replace prod-etcd-cert (validityEndTime)"]);
});

test("components and default providers are names; anything else is something that a state knows", () => {
  const names = states.filter(({ custom, type }) => !custom || type.startsWith("pulumi:providers:"));
  assert.deepEqual(holdings({ resources: names }), []);
  assert.equal(holdings({ resources: states }).length, seeds.length);
  const resource = state("prod-service-account");
  assert.deepEqual(holdings({ pending_operations: [{ resource, type: "creating" }] }), [
    `${resource.type} prod-service-account`,
  ]);
  assert.ok(isOf(resource.urn, resource.type, "prod-service-account"));
});
