/** haproxy.cfg, judged by HAProxy itself. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import fc from "fast-check";

import { clusterSpecs } from "../../test/arbitraries";
import { makeAuthority } from "../../test/certificates";
import { devConfig, devSpec, specOf, withHosts } from "../../test/fixtures";
import { judge, scratch, write, type Judgement } from "../../test/scratch";
import { asksOwnMember, controlPlanes } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import { haproxyConfig as configOn, MEMBER_PORT, READY_PORT } from "./haproxy";

const haproxyConfig = (spec: ClusterSpec) => configOn(spec, controlPlanes(spec)[0]!);

describe("haproxy.cfg", () => {
  const folder = scratch();
  let ca = "";

  before(async () => {
    ca = (await makeAuthority(folder, "kubernetes")).certificate;
  });

  function check(config: string): Promise<Judgement> {
    const text = config.replaceAll("/etc/haproxy/kubernetes-ca.crt", ca);
    return judge("haproxy", ["-c", "-f", write(folder, "haproxy.cfg", text)]);
  }

  test("HAProxy accepts it without a warning", async () => {
    const { ok, said } = await check(haproxyConfig(devSpec()));
    assert.ok(ok, said);
    assert.doesNotMatch(said, /warning/i);
  });

  test("HAProxy accepts it for a cluster of any shape", async () => {
    await fc.assert(
      fc.asyncProperty(clusterSpecs, async (spec) => {
        const { ok, said } = await check(haproxyConfig(spec));
        assert.ok(ok, said);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  test("HAProxy refuses it when one word is wrong, so its judgement means something", async () => {
    const { ok, said } = await check(haproxyConfig(devSpec()).replace("leastconn", "leastcon"));
    assert.ok(!ok, said);
  });

  test("every control plane is a backend on its API server's own port, and no other host is", () => {
    fc.assert(
      fc.property(clusterSpecs, (spec) => {
        const servers = [...haproxyConfig(spec).matchAll(/^ +server (\S+) (\S+)$/gm)].map(([, name, at]) => [name, at]);
        const wanted = controlPlanes(spec).map(({ name, ip }) => [name, `${ip}:${spec.api.bindPort}`]);
        assert.deepEqual(servers, wanted);
      }),
      { numRuns: 50 },
    );
  });

  test("each control plane with a member of etcd asks that one and all others of its kind", () => {
    fc.assert(
      fc.property(clusterSpecs, (spec) => {
        const members = controlPlanes(spec).filter(asksOwnMember);
        for (const host of controlPlanes(spec)) {
          const pages = [...configOn(spec, host).matchAll(/^ +server (\S+) \S+ check inter .* fall 1 rise 1$/gm)];
          const others = members.filter(({ name }) => name !== host.name);
          assert.deepEqual(
            pages.map(([, name]) => name),
            asksOwnMember(host) ? others.map(({ name }) => name) : [],
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  test("it listens on the virtual IP, the node address and loopback, never on all addresses", () => {
    const binds = [...haproxyConfig(devSpec()).matchAll(/^ +bind (\S+)/gm)].map(([, at]) => at);
    const pages = [`127.0.0.1:${READY_PORT}`, `10.77.0.11:${MEMBER_PORT}`];
    assert.deepEqual(binds, [...pages, "10.77.0.10:8443", "127.0.0.1:8443"]);
  });

  test("a backend's certificate is verified, and etcd's state does not turn it red", () => {
    const text = haproxyConfig(devSpec());
    assert.match(text, /check-ssl verify required ca-file \/etc\/haproxy\/kubernetes-ca\.crt/);
    assert.match(text, /\/readyz\?exclude=etcd&exclude=etcd-readiness/);
  });

  test("the order of hosts in the configuration changes nothing in it", () => {
    const reversed = specOf(withHosts((hosts) => hosts.reverse()));
    assert.equal(haproxyConfig(reversed), haproxyConfig(specOf(devConfig())));
  });
});
