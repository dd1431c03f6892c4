import assert from "node:assert/strict";
import { test } from "node:test";
import { merged, pauseTag, wantedRecipes } from "./wanted";

const config = {
  kubernetesVersion: "v1.36.3",
  etcdVersion: "3.6.16",
  containerdVersion: "2.2.9",
  flannelVersion: "v0.28.4",
};

test("a mirror goes on serving what it served, and adds what is asked for", () => {
  const wanted = merged(config, { etcdVersions: ["3.6.8"] }, { kubernetesVersions: ["v1.35.4"] });
  assert.deepEqual(wanted, {
    kubernetesVersions: ["v1.35.4", "v1.36.3"],
    etcdVersions: ["3.6.16", "3.6.8"],
    containerdVersions: ["2.2.9"],
    flannelVersions: ["v0.28.4"],
  });
  assert.deepEqual(merged(config, {}, wanted), wanted);
});

test("every supported Kubernetes version has its pause image, and another version is refused", () => {
  assert.deepEqual(["v1.34.4", "v1.35.4", "v1.36.3"].map(pauseTag), ["3.10.1", "3.10.1", "3.10.2"]);
  assert.throws(() => pauseTag("v1.29.0"), /does not know Kubernetes v1\.29\.0/);
});

test("two versions that share a pause image build it once", () => {
  const recipes = wantedRecipes(
    merged({ ...config, kubernetesVersion: "v1.35.4" }, { kubernetesVersions: ["v1.34.4"] }, {}),
  );
  const names = recipes.map(({ name, version }) => `${name} ${version}`);
  assert.equal(names.filter((name) => name.startsWith("pause ")).length, 1);
  assert.equal(names.filter((name) => name.startsWith("kubernetes ")).length, 2);
});
