import assert from "node:assert/strict";
import { test } from "node:test";
import { executablesOf, goModOf, goName, parseStaging, recipeKey } from "./recipe";
import { agnhost, containerd, etcd, flannel, kubernetes, kubernetesPrograms, pulumi } from "./recipes";

const upstreamGoMod = `// a comment
module k8s.io/kubernetes

go 1.25.0

godebug default=go1.25
godebug (
	winsymlink=0 // a reason
)

require (
	k8s.io/api v0.0.0
	github.com/other/module v1.2.3
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/client-go => ./staging/src/k8s.io/client-go
)
`;

test("a shim's go.mod replaces every staging module and copies the go and godebug lines", () => {
  assert.equal(
    goModOf(kubernetes("v1.35.4"), parseStaging(upstreamGoMod)),
    `module lab/kubernetes

go 1.25.0
godebug default=go1.25
godebug winsymlink=0

require k8s.io/kubernetes v1.35.4

replace k8s.io/api => k8s.io/api v0.35.4
replace k8s.io/client-go => k8s.io/client-go v0.35.4
`,
  );
});

test("a go.mod without a go line is refused", () => {
  assert.throws(() => parseStaging("module x\n"), /no `go` line/);
});

test("replacements to other modules are written as they are", () => {
  assert.match(goModOf(pulumi()), /^replace gocloud\.dev => gocloud\.dev v0\.47\.0$/m);
});

test("an executable is named after the last element that is no major version", () => {
  assert.equal(goName("go.etcd.io/etcd/etcdctl/v3"), "etcdctl");
  assert.equal(goName("github.com/coredns/coredns"), "coredns");
  assert.equal(goName("v3"), "v3");
});

test("etcd's server is called etcd", () => {
  assert.deepEqual(executablesOf(etcd("3.6.16")), ["etcd", "etcdctl", "etcdutl"]);
  assert.deepEqual(executablesOf(kubernetes("v1.35.4")), [...kubernetesPrograms]);
});

test("a version may be written with or without v where projects differ", () => {
  assert.deepEqual(etcd("3.6.16"), etcd("v3.6.16"));
  assert.deepEqual(containerd("2.2.9"), containerd("v2.2.9"));
});

test("Kubernetes carries its version in both packages that print it", () => {
  const { ldflags } = kubernetes("v1.36.3").targets[0]!;
  for (const name of ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]) {
    assert.ok(ldflags.includes(`-X ${name}.gitVersion=v1.36.3`), name);
    assert.ok(ldflags.includes(`-X ${name}.gitMinor=36`), name);
  }
});

test("a key changes with version, flags, sources, Go and architecture, and with nothing else", () => {
  const recipe = kubernetes("v1.35.4");
  const key = recipeKey(recipe, "go1.26.8", "amd64");
  const other = {
    version: recipeKey(kubernetes("v1.36.3"), "go1.26.8", "amd64"),
    program: recipeKey(agnhost("v1.35.4"), "go1.26.8", "amd64"),
    go: recipeKey(recipe, "go1.26.9", "amd64"),
    arch: recipeKey(recipe, "go1.26.8", "arm64"),
    flags: recipeKey({ ...recipe, targets: [{ ...recipe.targets[0]!, ldflags: "-s" }] }, "go1.26.8", "amd64"),
    sources: recipeKey({ ...recipe, sources: { "a.go": "package a" } }, "go1.26.8", "amd64"),
  };
  assert.equal(new Set([key, ...Object.values(other)]).size, 7);
  assert.equal(recipeKey({ ...recipe, diskGb: 99, proofs: [] }, "go1.26.8", "amd64"), key);
  const reordered = Object.fromEntries(Object.entries(recipe).reverse()) as unknown as typeof recipe;
  assert.equal(recipeKey(reordered, "go1.26.8", "amd64"), key);
});

test("flannel's main is part of its recipe", () => {
  assert.match(flannel().sources["flanneld/main.go"] ?? "", /^package main$/m);
});
