/** etcd.yaml and the unit, judged by etcd and systemd: members really start from them, and really form a cluster. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { parse } from "yaml";

import { issue, makeAuthority } from "../../test/certificates";
import { devConfig, devSpec, etcdHostsSpec, specOf, withHosts } from "../../test/fixtures";
import { binary } from "../../test/programs";
import { judge, scratch, write } from "../../test/scratch";
import { etcdMemberNames } from "../pki/names";
import { etcdMembers } from "../spec/topology";
import { etcdConfig, etcdUnit, initialCluster } from "./config";

const spec = devSpec();

describe("three members from their etcd.yaml", () => {
  const folder = scratch();
  const members = etcdMembers(spec);
  const running: ChildProcess[] = [];
  // Addresses of this process alone, all on loopback; certificates name them instead of the real ones.
  const network = `127.77.${process.pid % 250}.`;
  const address = (index: number) => `${network}${11 + index}`;
  const onLoopback = (text: string, own: number) =>
    members
      .reduce((result, member, index) => result.replaceAll(member.ip, address(index)), text)
      .replaceAll("127.0.0.1", `${network}${101 + own}`);
  const endpoints = members.map((_, index) => `https://${address(index)}:2379`).join(",");

  before(async () => {
    const ca = await makeAuthority(folder, "ca");
    for (const [index, member] of members.entries()) {
      const home = join(folder, member.name);
      mkdirSync(home);
      const names = etcdMemberNames(member);
      // Peers are judged by the address that they come from, which is 127.0.0.1 for all of them here.
      const ipAddresses = [...names.ipAddresses.map((ip) => onLoopback(ip, index)), "127.0.0.1"];
      for (const name of ["server", "peer"]) await issue(home, name, ca, { ...names, ipAddresses });
      const config = onLoopback(etcdConfig(spec, member), index)
        .replaceAll("/etc/etcd/pki/ca.crt", ca.certificate)
        .replaceAll("/etc/etcd/pki", home)
        .replaceAll(spec.etcd.dataDir, join(home, "data"));
      const file = write(home, "etcd.yaml", config);
      const log = openSync(join(home, "log"), "w");
      running.push(spawn(await binary("etcd", "etcd"), ["--config-file", file], { stdio: ["ignore", log, log] }));
    }
  });

  after(() => running.forEach((member) => member.kill("SIGKILL")));

  const logs = () => members.map(({ name }) => readFileSync(join(folder, name, "log"), "utf8").slice(-2000)).join("\n");

  async function ctl(args: string[], certificate = true) {
    const home = join(folder, members[0]!.name);
    const client = certificate ? ["--cert", join(home, "server.crt"), "--key", join(home, "server.key")] : [];
    const tls = ["--cacert", join(folder, "ca.crt"), ...client, "--endpoints", endpoints];
    return judge(await binary("etcd", "etcdctl"), [...tls, `--command-timeout=${certificate ? 10 : 2}s`, ...args]);
  }

  test("come up with a quorum and are healthy", async () => {
    let answer = await ctl(["endpoint", "health"]);
    for (let tries = 0; !answer.ok && tries < 10; tries += 1) answer = await ctl(["endpoint", "health"]);
    assert.ok(answer.ok, `${answer.said}\n${logs()}`);
    assert.equal(answer.said.match(/is healthy/g)?.length, members.length);
  });

  test("are members by the hosts' names, all voting", async () => {
    const { said } = await ctl(["member", "list"]);
    const rows = said.split("\n").map((row) => row.split(", "));
    assert.deepEqual(
      rows.map(([, state, name, , , learner]) => `${name} ${state} ${learner}`).sort(),
      members.map(({ name }) => `${name} started false`).sort(),
      said,
    );
  });

  test("refuse a client without a certificate", async () => {
    const { ok, said } = await ctl(["get", "anything"], false);
    assert.ok(!ok, said);
    assert.match(said, /certificate required|bad certificate|connection error|deadline exceeded/);
  });
});

describe("etcd.yaml", () => {
  test("a member listens on its own address and loopback, never on all addresses", () => {
    for (const cluster of [spec, etcdHostsSpec()]) {
      for (const member of etcdMembers(cluster)) {
        const config = parse(etcdConfig(cluster, member)) as Record<string, string>;
        const urls = Object.entries(config).filter(([key]) => key.startsWith("listen-"));
        assert.ok(urls.length >= 3, "it listens to clients, peers and health checks");
        for (const [key, value] of urls) {
          for (const url of value.split(",")) {
            const { hostname, protocol } = new URL(url);
            assert.ok([member.ip, "127.0.0.1"].includes(hostname), `${key}: ${url}`);
            assert.ok(protocol === "https:" || hostname === "127.0.0.1", `${key}: ${url}`);
          }
        }
      }
    }
  });

  test("all members agree on the first members, whatever the order of the configuration", () => {
    const reversed = specOf(withHosts((hosts) => hosts.reverse()));
    const wanted = "cp1=https://10.77.0.11:2380,cp2=https://10.77.0.12:2380,cp3=https://10.77.0.13:2380";
    assert.equal(initialCluster(spec), wanted);
    assert.equal(initialCluster(reversed), wanted);
  });

  test("the data directory is never the one that `kubeadm reset` wipes", () => {
    assert.doesNotMatch(etcdConfig(spec, etcdMembers(spec)[0]!), /data-dir: \/var\/lib\/etcd$/m);
  });

  test("an operator's flag is taken over, a number as a number and a switch as a switch", () => {
    const etcd = {
      extraArgs: { "max-request-bytes": "3145728", "pre-vote": "false", "auto-compaction-mode": "revision" },
    };
    const config = parse(etcdConfig(specOf(devConfig({ etcd })), etcdMembers(spec)[0]!)) as Record<string, unknown>;
    assert.equal(config["max-request-bytes"], 3145728);
    assert.equal(config["pre-vote"], false);
    assert.equal(config["auto-compaction-mode"], "revision");
  });
});

describe("etcd.service", () => {
  const folder = scratch();

  /** systemd wants the program to be there: a stub stands in for it, so that no complaint has to be overlooked. */
  function verify(unit: string) {
    const stub = write(folder, "etcd", "#!/bin/sh\n", 0o755);
    const text = unit.replace(`/opt/etcd/${spec.versions.etcd}/etcd`, stub);
    return judge("systemd-analyze", ["--man=no", "--generators=no", "verify", write(folder, "etcd.service", text)]);
  }

  test("systemd finds nothing wrong with it", async () => {
    assert.deepEqual(await verify(etcdUnit(spec)), { ok: true, said: "" });
  });

  test("systemd complains about a misspelt setting, so its judgement means something", async () => {
    const { said } = await verify(etcdUnit(spec).replace("OOMScoreAdjust", "OOMScoreAdjst"));
    assert.match(said, /OOMScoreAdjst/);
  });

  test("it asks for no more open files than a host allows", () => {
    assert.doesNotMatch(etcdUnit(spec), /LimitNOFILE/);
  });
});
