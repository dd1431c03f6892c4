import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProblem, formatProblems, HIDDEN, keyPath, show } from "./problem";

test("a refusal is one message with a line for each problem", () => {
  const first = { key: "kubernetesVersion", value: "v1.37.0", reason: "is not supported", fix: "Set v1.36.3" };
  const second = { key: "hosts", value: "", reason: "4 etcd members", fix: "Use 3" };
  assert.equal(
    formatProblems([first, second]),
    "2 problems, nothing was changed\n  kubernetesVersion v1.37.0: is not supported. Set v1.36.3.\n  hosts: 4 etcd members. Use 3.",
  );
  assert.match(formatProblems([first]), /^1 problem, nothing was changed\n/);
});

test("a question keeps its mark", () => {
  assert.equal(
    formatProblem({ key: "a", value: "", reason: "is unknown", fix: "Did you mean b?" }),
    "a: is unknown. Did you mean b?",
  );
});

test("paths read as they are written in YAML", () => {
  assert.equal(keyPath(["hosts", 3, "ip"]), "hosts[3].ip");
  assert.equal(keyPath(["containerd", "plugins", "io.containerd.cri"]), 'containerd.plugins["io.containerd.cri"]');
  assert.equal(keyPath(["a\nb"]), '["a\\nb"]');
});

test("values are shown short, printable, and never when they may be secret", () => {
  assert.equal(show(undefined), "");
  assert.equal(show(null), "(empty)");
  assert.equal(show(""), '""');
  assert.equal(show(8443), "8443");
  assert.equal(show("two words"), "two words");
  assert.equal(show("bell\u0007"), '"bell\\u0007"');
  assert.equal(show("line\nbreak"), '"line\\nbreak"');
  assert.equal(show("x".repeat(100)).length, 60);
  assert.equal(show({ password: "x" }), "(a mapping)");
  assert.equal(show(["x"]), "(a list of 1)");
  assert.equal(show("-----BEGIN OPENSSH PRIVATE KEY-----"), HIDDEN);
  assert.equal(show("https://user:secret@host/path"), "https://…@host/path");
});
