/** Names of serving certificates. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { clusterSpecs } from "../../test/arbitraries";
import { apiBy, devConfig, devSpec, specOf } from "../../test/fixtures";
import { apiEndpoint, controlPlanes, etcdMembers } from "../spec/topology";
import { apiServerNames, etcdMemberNames } from "./names";

test("an API server answers to the virtual IP, its own address, its Service and loopback, and to no other host", () => {
  fc.assert(
    fc.property(clusterSpecs, (spec) => {
      for (const host of controlPlanes(spec)) {
        const { ipAddresses, dnsNames } = apiServerNames(spec, host);
        for (const ip of [apiEndpoint(spec).host, host.ip, "10.32.0.1", "127.0.0.1"])
          assert.ok(ipAddresses.includes(ip), ip);
        for (const name of ["kubernetes.default.svc.cluster.local", "localhost", host.name]) {
          assert.ok(dnsNames.includes(name), name);
        }
        const others = spec.hosts.filter(({ name }) => name !== host.name);
        assert.ok(!others.some(({ ip, name }) => ipAddresses.includes(ip) || dnsNames.includes(name)));
      }
    }),
    { numRuns: 30 },
  );
});

test("extra names go where they belong: addresses to addresses, names to names, each once", () => {
  const extraSans = ["192.0.2.9", "k8s.example"];
  const spec = specOf(devConfig({ api: { vip: "10.77.0.10", routerId: 1, dnsName: "api.example", extraSans } }));
  const { ipAddresses, dnsNames } = apiServerNames(spec, controlPlanes(spec)[0]!);
  assert.ok(ipAddresses.includes("192.0.2.9") && dnsNames.includes("k8s.example") && dnsNames.includes("api.example"));
  for (const list of [ipAddresses, dnsNames]) assert.equal(new Set(list).size, list.length, list.join(" "));
});

test("an API server answers to the load balancer's name", () => {
  const spec = specOf(devConfig({ api: apiBy("load-balancer") }));
  assert.ok(apiServerNames(spec, controlPlanes(spec)[0]!).dnsNames.includes("api.example"));
});

test("an etcd member's certificate names the address that peers see it come from", () => {
  for (const member of etcdMembers(devSpec())) {
    assert.deepEqual(etcdMemberNames(member).ipAddresses, [member.ip, "127.0.0.1"]);
  }
});
