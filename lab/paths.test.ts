import assert from "node:assert/strict";
import { test } from "node:test";
import { bridgeName } from "./fleet/names";
import { cacheDir, labDir, labName, projectDir, repoDir } from "./paths";

test("the lab is dev unless LAB names another", () => {
  assert.equal(labName({}), "dev");
  assert.equal(labName({ LAB: "" }), "dev");
  assert.equal(labName({ LAB: "two-2" }), "two-2");
});

test("the longest lab name still makes an interface name that Linux takes", () => {
  const longest = "a".repeat(11);
  assert.equal(labName({ LAB: longest }), longest);
  assert.ok(bridgeName(longest).length <= 15);
  assert.throws(() => labName({ LAB: `${longest}a` }), /is no lab name/);
});

for (const name of ["Dev", "-a", "a-", "a_b", "a.b", "a/b", "../x", "a b"]) {
  test(`LAB=${name} is refused`, () => assert.throws(() => labName({ LAB: name }), /is no lab name/));
}

test("the lab dev runs in the repository, any other in its own folder", () => {
  assert.equal(projectDir("dev"), repoDir);
  assert.equal(projectDir("two"), labDir("two", "project"));
});

test("cache and state follow the XDG variables", () => {
  const before = { ...process.env };
  try {
    process.env.XDG_CACHE_HOME = "/c";
    process.env.XDG_STATE_HOME = "/s";
    assert.equal(cacheDir("bin"), "/c/kubeadm-ha/bin");
    assert.equal(labDir("two", "ssh"), "/s/kubeadm-ha/labs/two/ssh");
  } finally {
    process.env = before;
  }
});
