/** keepalived.conf, judged by keepalived itself. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import fc from "fast-check";

import { clusterSpecs } from "../../test/arbitraries";
import { devSpec } from "../../test/fixtures";
import { judge, scratch, write, type Judgement } from "../../test/scratch";
import { controlPlanes } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";
import { authentication, INTERFACE_MARK, keepalivedConfig } from "./keepalived";

describe("keepalived.conf", () => {
  const folder = scratch();
  const secret = write(folder, "authentication.conf", authentication("Ab3dE6gH"), 0o600);

  /**
   * As vip.sh does it: the interface is put in, and keepalived is asked as process 1 of a namespace of its own; in a
   * network of its own as well, for it takes no loopback interface and the machine may have no other.
   */
  function check(config: string): Promise<Judgement> {
    const text = config
      .replaceAll(INTERFACE_MARK, "node0")
      .replaceAll("/etc/keepalived/authentication.conf", secret)
      .replace("script_user keepalived_script", "script_user nobody");
    const file = write(folder, "keepalived.conf", text);
    const script = 'ip link add node0 type veth peer name node1 && exec keepalived -t -f "$0"';
    return judge("unshare", ["--fork", "--pid", "--net", "sh", "-c", script, file]);
  }

  function configs(spec: ClusterSpec): string[] {
    return controlPlanes(spec).map((host) => keepalivedConfig(spec, host));
  }

  test("keepalived accepts it on every control plane", async () => {
    for (const config of configs(devSpec())) {
      const { ok, said } = await check(config);
      assert.ok(ok, said);
      assert.doesNotMatch(said, /unknown|ignor|invalid|error/i);
    }
  });

  test("keepalived accepts it for a cluster of any shape", async () => {
    await fc.assert(
      fc.asyncProperty(clusterSpecs, async (spec) => {
        const { ok, said } = await check(configs(spec)[0]!);
        assert.ok(ok, said);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  test("keepalived refuses it when one word is wrong, so its judgement means something", async () => {
    const { ok, said } = await check(configs(devSpec())[0]!.replace("priority", "priorty"));
    assert.ok(!ok, said);
  });

  test("priorities differ, and none is the one of the address's owner", () => {
    fc.assert(
      fc.property(clusterSpecs, (spec) => {
        const priorities = configs(spec).map((text) => Number(/^ +priority (\d+)$/m.exec(text)?.[1]));
        assert.equal(new Set(priorities).size, controlPlanes(spec).length);
        for (const priority of priorities) assert.ok(priority > 0 && priority < 255, String(priority));
      }),
      { numRuns: 50 },
    );
  });

  test("each control plane names itself as source and all the others as peers", () => {
    fc.assert(
      fc.property(clusterSpecs, (spec) => {
        for (const host of controlPlanes(spec)) {
          const text = keepalivedConfig(spec, host);
          const peers = /unicast_peer \{\n([^}]*)\}/.exec(text)?.[1]?.trim().split(/\s+/).filter(Boolean) ?? [];
          const others = controlPlanes(spec).filter(({ name }) => name !== host.name);
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

  test("the password is in the included file only, whole, and as long as VRRP counts", () => {
    assert.match(authentication("Ab3dE6gH"), /^ +auth_pass Ab3dE6gH$/m);
    assert.ok(configs(devSpec()).every((text) => !text.includes("auth_pass")));
  });
});
