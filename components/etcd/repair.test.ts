/** Members with bad data: real ones, spoiled, and the script that releases them run for real. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { EtcdMembers } from "../../test/etcd-members";
import { scratch } from "../../test/scratch";
import { run } from "../../lab/sh";

const MEMBER = ["membership.sh", "member.sh", "join.sh"];
const RELEASE = [...MEMBER, "repair.sh", "release.sh"];
const VOTERS = ["cp1 started false", "cp2 started false", "cp3 started false"];

const folder = scratch();

describe("a member with bad data", () => {
  let etcd: EtcdMembers;
  const release = (more: Parameters<EtcdMembers["run"]>[2] = {}) => etcd.run("cp3", RELEASE, more);
  const copy = () => join(etcd.data("cp3"), "member.removed");

  before(async () => {
    etcd = await EtcdMembers.make(folder, 3);
    const variables = { MEMBERS: etcd.names, ENDPOINTS: etcd.endpoints(etcd.names), BOOTSTRAPPED: "no" };
    const started = await Promise.all(etcd.names.map((name) => etcd.run(name, [...MEMBER, "start.sh"], { variables })));
    for (const { ok, said } of started) assert.ok(ok, said);
    const { ok, said } = await etcd.run("cp1", ["membership.sh", "healthy.sh"], { variables });
    assert.ok(ok, said);
    for (let key = 0; key < 60; key++) await etcd.ctl("cp1", ["put", `/key/${key}`, "x".repeat(500)]);
  });

  after(() => etcd.stop());

  /** As drill D17 does it; returns what puts the data back. */
  async function spoil(): Promise<() => void> {
    await etcd.systemctl("cp3", "stop", "etcd");
    const path = join(etcd.data("cp3"), "member/snap/db");
    const good = readFileSync(path);
    const bad = Buffer.from(good);
    for (let page = 4; page < good.length / 4096; page++) bad.fill(0xff, page * 4096 + 200, page * 4096 + 216);
    writeFileSync(path, bad);
    return () => writeFileSync(path, good);
  }

  /** Its data are those of the others again, and no alarm is left. */
  async function assertWhole(): Promise<void> {
    assert.deepEqual(await etcd.rows("cp1"), VOTERS);
    assert.equal(await etcd.ctl("cp1", ["alarm", "list"]), "");
    const value = await etcd.ctl("cp3", ["get", "/key/59", "--print-value-only", "--consistency", "s"]);
    assert.equal(value, "x".repeat(500));
  }

  test("is left alone before it was ever part of a complete update", async () => {
    const putBack = await spoil();
    const { ok, said } = await release();
    assert.ok(!ok, said);
    assert.match(said, /cp3: etcd's data are bad: panic: .*never part of a complete update/);
    assert.ok(existsSync(join(etcd.data("cp3"), "member")) && !existsSync(copy()), said);
    putBack();
    assert.equal((await release()).said, "cp3: etcd restarted at " + etcd.spec.versions.etcd);
    await assertWhole();
  });

  test("gives way to what ran before where its settings change in the same run", async () => {
    await spoil();
    const spec = { ...etcd.spec, etcd: { ...etcd.spec.etcd, heartbeatIntervalMs: 120 } };
    const { ok, said } = await release({ spec });
    assert.ok(!ok, said);
    assert.match(said, /restarting etcd as it was failed/);
    assert.deepEqual(await etcd.rows("cp1"), VOTERS);
    assert.ok(!existsSync(copy()), said);
  });

  test("stays while the others are no quorum", async () => {
    await etcd.systemctl("cp2", "stop", "etcd");
    const { ok, said } = await release({ patience: 5 });
    assert.ok(!ok, said);
    assert.match(said, /etcd's data are bad: panic: .* Nothing was done: none of these tells the members/);
    assert.ok(!existsSync(copy()), said);
    await etcd.systemctl("cp2", "restart", "etcd");
    assert.deepEqual(await etcd.rows("cp1"), VOTERS);
  });

  test("leaves, and joins again with the others' data; one copy of its own is kept", async () => {
    const { ok, said } = await release();
    assert.ok(ok, said);
    assert.match(said, /cp3: etcd's data are bad: panic: .* It leaves and joins again/);
    await assertWhole();
    assert.ok(existsSync(join(copy(), "snap/db")), said);
    assert.deepEqual(await release(), { ok: true, said: "" });
  });

  test("is told from one whose host is to blame", async () => {
    await etcd.systemctl("cp3", "stop", "etcd");
    const server = createServer((socket) => socket.destroy());
    const { ip } = etcd.spec.hosts[2]!;
    await new Promise<void>((listening) => server.listen(2380, ip, listening));
    const { ok, said } = await release();
    await new Promise((closed) => server.close(closed));
    assert.ok(!ok, said);
    assert.match(said, /with nothing changed, and does not say that its data are why[^]*address already in use/);
    assert.deepEqual(await etcd.rows("cp1"), VOTERS);
    assert.equal((await release()).ok, true);
  });

  test("leaves when etcd raises the alarm, but not below quorum, and takes its alarm with it", async () => {
    const row = (await etcd.ctl("cp1", ["member", "list"])).split("\n").find((line) => line.includes(", cp3, "))!;
    const id = BigInt(`0x${row.split(", ")[0]}`).toString();
    await raise(id);
    await etcd.systemctl("cp2", "stop", "etcd");
    const kept = await release({ patience: 5 });
    assert.ok(!kept.ok, kept.said);
    assert.match(kept.said, /memberID:\d+ alarm:CORRUPT.* It stays, for without it 1 of the 2 others that vote answer/);
    await etcd.systemctl("cp2", "restart", "etcd");
    const { ok, said } = await release();
    assert.ok(ok, said);
    await assertWhole();
  });

  test("does not take an alarm with it that is nobody's", async () => {
    await raise("0");
    assert.deepEqual(await release(), { ok: true, said: "" });
    assert.match(await etcd.ctl("cp1", ["alarm", "list"]), /^ *alarm:CORRUPT/);
    await etcd.ctl("cp1", ["alarm", "disarm"]);
  });

  /** By etcd's gateway, for etcdctl takes alarms away only. */
  async function raise(memberID: string): Promise<void> {
    const keys = join(etcd.root("cp1"), "keys");
    const tls = ["--cacert", `${keys}/ca.crt`, "--cert", `${keys}/server.crt`, "--key", `${keys}/server.key`];
    const request = JSON.stringify({ action: "ACTIVATE", memberID, alarm: "CORRUPT" });
    await run("curl", ["-fsS", ...tls, "-d", request, `${etcd.endpoints(["cp1"])[0]}/v3/maintenance/alarm`]);
    assert.match(await etcd.ctl("cp1", ["alarm", "list"]), /CORRUPT/);
  }
});
