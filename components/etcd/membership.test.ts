/** Who leads while others are dead: real members, and the scripts run for real. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { EtcdMembers } from "../../test/etcd-members";
import { scratch } from "../../test/scratch";

const folder = scratch();

describe("five members", () => {
  let etcd: EtcdMembers;
  /** The gate as it runs on the first member, for a configuration with these. */
  const healthy = (names: string[], patience = 60) => {
    const variables = { MEMBERS: names, ENDPOINTS: etcd.endpoints(names) };
    return etcd.run("cp1", ["membership.sh", "healthy.sh"], { variables, patience });
  };

  before(async () => {
    etcd = await EtcdMembers.make(folder, 5);
    const variables = { MEMBERS: etcd.names, ENDPOINTS: etcd.endpoints(etcd.names), BOOTSTRAPPED: "no" };
    const parts = ["membership.sh", "member.sh", "join.sh", "start.sh"];
    for (const { ok, said } of await Promise.all(etcd.names.map((name) => etcd.run(name, parts, { variables }))))
      assert.ok(ok, said);
    assert.deepEqual(await healthy(etcd.names), { ok: true, said: "" });
  });

  after(() => etcd.stop());

  test("follow no dead one: leadership goes to the last that answers", async () => {
    await etcd.lead("cp1");
    await etcd.systemctl("cp5", "stop", "etcd");
    const url = etcd.endpoints(["cp1"])[0]!;
    const { ok, said } = await etcd.run("cp1", ["membership.sh", `find_cluster ${url}\nmove_leadership cp1 ${url}`]);
    assert.deepEqual({ ok, said }, { ok: true, said: "cp1: etcd's leadership moved to cp4" });
  });
});
