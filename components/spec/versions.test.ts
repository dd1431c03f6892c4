import assert from "node:assert/strict";
import { test } from "node:test";
import semver from "semver";
import { comesWith, coreDnsTag, etcdFloors, minorOf, minors, minorVersions, removedBy } from "./versions";

test("a version or its minor finds the row, and only of supported minors", () => {
  assert.equal(minorVersions("v1.35.4")?.minor, "1.35");
  assert.equal(minorVersions("1.36")?.pause, "3.10.2");
  assert.equal(minorVersions("v1.33.1"), undefined);
  assert.equal(minorVersions(""), undefined);
  assert.equal(coreDnsTag("1.34"), "v1.12.1");
  assert.throws(() => coreDnsTag("1.33"), /1\.33 is not in the versions table/);
});

test("every row's own recommendations are inside its bounds", () => {
  for (const row of minors) {
    assert.equal(minorOf(row.tested), row.minor);
    assert.ok(semver.gte(row.etcdRecommended, etcdFloors[minorOf(row.etcdRecommended) ?? ""] ?? "9.9.9"), row.minor);
    assert.ok(semver.lt(row.etcdRecommended, row.etcdBelow), row.minor);
    assert.ok(semver.lt(row.containerdMinimum, row.containerdBelow), row.minor);
  }
});

test("what one minor removed is gone from all later ones, and not before", () => {
  assert.equal(removedBy("kubelet", "pod-infra-container-image", "1.34"), undefined);
  assert.equal(removedBy("kubelet", "pod-infra-container-image", "1.35"), "1.35");
  assert.equal(removedBy("kubelet", "pod-infra-container-image", "1.36"), "1.35");
  assert.equal(removedBy("apiServer", "goaway-chance", "1.36"), undefined);
});

test("what one minor brought is missing in all earlier ones", () => {
  assert.equal(comesWith("apiServer", "tls-curve-preferences", "1.34"), "1.36");
  assert.equal(comesWith("apiServer", "tls-curve-preferences", "1.36"), undefined);
  assert.equal(comesWith("apiServer", "min-compatibility-version", "1.35"), undefined);
});
