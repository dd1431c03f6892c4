/** keepalived.conf, judged by keepalived itself. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";

import fc from "fast-check";

import { virtualIpSpecs } from "../../test/arbitraries";
import { apiBy, devConfig, devSpec, specOf, withHosts } from "../../test/fixtures";
import { judge, scratch, write, type Judgement } from "../../test/scratch";
import { asksOwnMember, controlPlanes } from "../spec/topology";
import { ApiBy, type ClusterSpec } from "../spec/types";
import { INTERFACE_MARK, keepalivedConfig } from "./keepalived";

describe("keepalived.conf", () => {
  const folder = scratch();

  /**
   * As vip.sh does it: the interface is put in, and keepalived is asked as process 1 of a namespace of its own; in a
   * network of its own as well, for it takes no loopback interface and the machine may have no other.
   */
  function check(config: string): Promise<Judgement> {
    const text = config
      .replaceAll(INTERFACE_MARK, "node0")
      .replace("/etc/keepalived/may-hold", "/bin/true")
      .replace("/run/kubeadm-ha/haproxy-stopped", join(folder, "haproxy-stopped"))
      .replace("script_user keepalived_script", "script_user nobody");
    const file = write(folder, "keepalived.conf", text);
    const script = 'ip link add node0 type veth peer name node1 && exec keepalived -t -f "$0"';
    return judge("unshare", ["--fork", "--pid", "--net", "sh", "-c", script, file]);
  }

  /** Milliseconds until keepalived takes the address, alone in a network of its own: `after 4100`, or `never` in 60 s. */
  async function taken(config: string): Promise<Judgement> {
    const text = config
      .replaceAll(INTERFACE_MARK, "node0")
      .replace(/script "\/usr\/bin\/curl.*"/, 'script "/bin/true"')
      .replace("/run/kubeadm-ha/haproxy-stopped", write(folder, "haproxy-runs", "0\n"))
      .replace("script_user keepalived_script", "script_user nobody");
    const file = write(folder, "running.conf", text);
    const script = `
      ip link add node0 type veth peer name node1
      ip link set node0 up; ip link set node1 up; ip addr add 10.77.0.11/24 dev node0
      passed() { echo $(((\${EPOCHREALTIME/./} - start) / 1000)); }
      start=\${EPOCHREALTIME/./}
      keepalived -n -f "$0" -p "$0.pid" -r "$0.vrrp" -c "$0.checkers" >/dev/null 2>&1 &
      while [ "$(passed)" -lt 60000 ]; do
        ip -4 -o addr show to 10.77.0.10 | grep -q . && echo "after $(passed)" && exit
        sleep 0.1
      done
      echo never`;
    return judge("unshare", ["--fork", "--pid", "--kill-child", "--net", "bash", "-c", script, file]);
  }

  function configs(spec: ClusterSpec): string[] {
    return controlPlanes(spec).map((host) => keepalivedConfig(spec, host));
  }

  for (const by of [ApiBy.Haproxy, ApiBy.Vip]) {
    test(`keepalived accepts it on every control plane of an endpoint by ${by}`, async () => {
      for (const config of configs(devSpec({ api: apiBy(by) }))) {
        const { ok, said } = await check(config);
        assert.ok(ok, said);
        assert.doesNotMatch(said, /unknown|ignor|invalid|error|deprecated/i);
      }
    });
  }

  test("keepalived accepts it for a cluster of any shape", async () => {
    await fc.assert(
      fc.asyncProperty(virtualIpSpecs, async (spec) => {
        const { ok, said } = await check(configs(spec)[0]!);
        assert.ok(ok, said);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  test("keepalived refuses it when one word is wrong, so its judgement means something", async () => {
    const { ok, said } = await check(configs(devSpec())[0]!.replace("priority 2", "priorty 2"));
    assert.ok(!ok, said);
  });

  test("it listens for 3 s before it takes an address that nobody seems to hold", async () => {
    const { said } = await taken(configs(devSpec())[0]!);
    // A busy machine makes it later, never earlier.
    assert.ok(Number(/^after (\d+)$/.exec(said)?.[1]) >= 2500, said);
  });

  test("priorities differ, and none is the one of the address's owner", () => {
    fc.assert(
      fc.property(virtualIpSpecs, (spec) => {
        const priorities = configs(spec).map((text) => Number(/^ +priority (\d+)$/m.exec(text)?.[1]));
        assert.equal(new Set(priorities).size, controlPlanes(spec).length);
        for (const priority of priorities) assert.ok(priority > 0 && priority < 255, String(priority));
      }),
      { numRuns: 50 },
    );
  });

  test("each control plane names itself as source and all the others as peers; an only one is its own peer", () => {
    fc.assert(
      fc.property(virtualIpSpecs, (spec) => {
        const all = controlPlanes(spec);
        for (const host of all) {
          const text = keepalivedConfig(spec, host);
          const peers = /unicast_peer \{\n([^}]*)\}/.exec(text)?.[1]?.trim().split(/\s+/).filter(Boolean) ?? [];
          const others = all.length === 1 ? all : all.filter(({ name }) => name !== host.name);
          assert.deepEqual(
            peers,
            others.map(({ ip }) => ip),
          );
          assert.ok(text.includes(`unicast_src_ip ${host.ip}\n`));
        }
      }),
      { numRuns: 50 },
    );
  });

  test("HAProxy alone decides where it runs, and the API servers where it does not", () => {
    fc.assert(
      fc.property(virtualIpSpecs, (spec) => {
        for (const host of controlPlanes(spec)) {
          const text = keepalivedConfig(spec, host);
          const urls = /may-hold (.*)"/.exec(text)?.[1]?.split(" ") ?? [];
          const path = `/readyz${asksOwnMember(host) ? "" : "?exclude=etcd&exclude=etcd-readiness"}`;
          const all = controlPlanes(spec).map(({ ip }) => `https://${ip}:${spec.api.bindPort}${path}`);
          const proxied = spec.api.by === ApiBy.Haproxy;
          assert.deepEqual(urls.toSorted(), proxied ? [] : all.toSorted());
          if (!proxied) assert.equal(urls[0], `https://${host.ip}:${spec.api.bindPort}${path}`);
          assert.equal(/haproxy/.test(text), proxied);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("the address is put on the host's own interface for it, and adverts stay on the one with its address", () => {
    const named = withHosts(([first, ...others]) => [{ ...first!, vipInterface: "vlan20" }, ...others]);
    const [first, second] = configs(specOf(named));
    assert.match(first!, /^ +10\.77\.0\.10\/24 dev vlan20$/m);
    assert.match(first!, new RegExp(`^ +interface ${INTERFACE_MARK}$`, "m"));
    assert.doesNotMatch(second!, / dev /);
  });

  test("the order of hosts in the configuration changes nothing in it", () => {
    assert.deepEqual(configs(specOf(withHosts((hosts) => hosts.reverse()))), configs(specOf(devConfig())));
  });
});

describe("may-hold", () => {
  const folder = scratch();
  write(
    folder,
    "curl",
    "#!/bin/sh\nfor last; do :; done\ncase $last in *ready:*) exit 0 ;; *) exit 22 ;; esac\n",
    0o755,
  );

  async function mayHold(...servers: string[]): Promise<boolean> {
    const urls = servers.map((state) => `https://${state}:6443/readyz`);
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
    return (await judge("sh", [join(__dirname, "mayhold.sh"), ...urls], { env })).ok;
  }

  test("a host whose API server is ready may", async () => assert.ok(await mayHold("ready", "down", "ready")));
  test("a host whose API server is down may not while another is ready", async () =>
    assert.ok(!(await mayHold("down", "down", "ready"))));
  test("when nobody's is ready, everybody may", async () => assert.ok(await mayHold("down", "down", "down")));
  test("an only control plane always may", async () => assert.ok(await mayHold("down")));
});
