/** Who leads and who leaves while others are dead: real members, and the scripts run for real. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { EtcdMembers } from "../../test/etcd-members";
import { scratch } from "../../test/scratch";

const folder = scratch();

describe("five members", () => {
  let etcd: EtcdMembers;
  /** The gate as it runs on the first member, for a configuration with these. */
  const healthy = (names: string[], patience = 3) => {
    const variables = { MEMBERS: names, ENDPOINTS: etcd.endpoints(names) };
    return etcd.run("cp1", ["membership.sh", "healthy.sh"], { variables, patience });
  };
  const started = (...names: string[]) => names.map((name) => `${name} started false`);

  before(async () => {
    etcd = await EtcdMembers.make(folder, 5);
    const variables = { MEMBERS: etcd.names, ENDPOINTS: etcd.endpoints(etcd.names), BOOTSTRAPPED: "no" };
    const parts = ["membership.sh", "member.sh", "join.sh", "start.sh"];
    for (const { ok, said } of await Promise.all(etcd.names.map((name) => etcd.run(name, parts, { variables }))))
      assert.ok(ok, said);
  });

  after(() => etcd.stop());

  test("are a cluster only when all answer, and are marked as one", async () => {
    await etcd.systemctl("cp5", "stop", "etcd");
    const refused = await healthy(etcd.names);
    assert.ok(!refused.ok, refused.said);
    assert.match(refused.said, /still not so: every etcd member of the configuration answers.*no answer of cp5/);
    await etcd.systemctl("cp5", "restart", "etcd");
    assert.deepEqual(await healthy(etcd.names, 60), { ok: true, said: "" });
    assert.equal(await etcd.ctl("cp1", ["get", "kubeadm-ha/bootstrapped", "--print-value-only"]), "yes");
  });

  test("follow no dead one: leadership goes to the last that answers", async () => {
    await etcd.lead("cp1");
    await etcd.systemctl("cp5", "stop", "etcd");
    const url = etcd.endpoints(["cp1"])[0]!;
    const { ok, said } = await etcd.run("cp1", ["membership.sh", `find_cluster ${url}\nmove_leadership cp1 ${url}`]);
    assert.deepEqual({ ok, said }, { ok: true, said: "cp1: etcd's leadership moved to cp4" });
  });

  test("with two of them dead let the one that leaves go, and only then ask for the other", async () => {
    await etcd.systemctl("cp4", "stop", "etcd");
    const { ok, said } = await healthy(["cp1", "cp2", "cp3", "cp5"]);
    assert.ok(ok, said);
    assert.match(
      said,
      /etcd's member cp4 at \S+ is removed\netcd goes on without cp5, for the other members are a quorum/,
    );
    assert.deepEqual(await etcd.rows("cp1"), started("cp1", "cp2", "cp3", "cp5"));
  });

  test("keep one that answers while another that stays is dead", async () => {
    const { ok, said } = await healthy(["cp1", "cp2", "cp5"]);
    assert.ok(!ok, said);
    assert.match(said, /every etcd member of the configuration answers.*no answer of cp5/);
    assert.deepEqual(await etcd.rows("cp1"), started("cp1", "cp2", "cp3", "cp5"));
  });

  test("let the second dead one go, and then one that answers", async () => {
    assert.match((await healthy(["cp1", "cp2", "cp3"], 20)).said, /^etcd's member cp5 at \S+ is removed$/);
    assert.match((await healthy(["cp1", "cp2"], 20)).said, /etcd's member cp3 at \S+ is removed$/);
    assert.deepEqual(await etcd.rows("cp1"), started("cp1", "cp2"));
  });
});
