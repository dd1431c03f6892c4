/** etcd.yaml and the unit, judged by etcd and systemd: members really start from them, and really form a cluster. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { parse } from "yaml";

import { issue, makeAuthority } from "../../test/certificates";
import { devConfig, devSpec, etcdHostsSpec, specOf } from "../../test/fixtures";
import { binary } from "../../test/programs";
import { judge, scratch, write } from "../../test/scratch";
import { etcdMemberNames } from "../pki/names";
import { etcdMembers } from "../spec/topology";
import type { HostSpec } from "../spec/types";
import { etcdConfig, etcdUnit } from "./config";

const spec = devSpec();

describe("members from their etcd.yaml", () => {
  const folder = scratch();
  const first = etcdMembers(spec);
  const fourth: HostSpec = { ...first[0]!, name: "cp4", ip: "10.77.0.14" };
  const members = [...first, fourth];
  const running = new Map<string, ChildProcess>();
  // Addresses of this process alone, all on loopback; certificates name them instead of the real ones.
  const network = `127.77.${process.pid % 250}.`;
  const address = (index: number) => `${network}${11 + index}`;
  const onLoopback = (text: string, own: number) =>
    members
      .reduce((result, member, index) => result.replaceAll(member.ip, address(index)), text)
      .replaceAll("127.0.0.1", `${network}${101 + own}`);
  const endpoints = first.map((_, index) => `https://${address(index)}:2379`).join(",");
  const home = ({ name }: HostSpec) => join(folder, name);
  const log = (member: HostSpec) => (running.has(member.name) ? readFileSync(join(home(member), "log"), "utf8") : "");

  before(async () => {
    const ca = await makeAuthority(folder, "ca");
    for (const [index, member] of members.entries()) {
      mkdirSync(home(member));
      const names = etcdMemberNames(member);
      // Peers are judged by the address that they come from, which is 127.0.0.1 for all of them here.
      const ipAddresses = [...names.ipAddresses.map((ip) => onLoopback(ip, index)), "127.0.0.1"];
      for (const name of ["server", "peer"]) await issue(home(member), name, ca, { ...names, ipAddresses });
      write(home(member), "etcd.yaml", etcdConfig(spec, member));
    }
    for (const member of first) await start(member, await firstStart(member, "new"));
  });

  after(() => running.forEach((member) => member.kill("SIGKILL")));

  async function start(member: HostSpec, config: string): Promise<void> {
    const moved = onLoopback(config, members.indexOf(member))
      .replaceAll("/etc/etcd/pki/ca.crt", join(folder, "ca.crt"))
      .replaceAll("/etc/etcd/pki", home(member))
      .replaceAll(spec.etcd.dataDir, join(home(member), "data"));
    const output = openSync(join(home(member), "log"), "w");
    const args = ["--config-file", write(home(member), "moved.yaml", moved)];
    running.set(member.name, spawn(await binary("etcd", "etcd"), args, { stdio: ["ignore", output, output] }));
  }

  /** Ends when the process has ended. */
  async function ended(member: HostSpec, signal?: NodeJS.Signals): Promise<void> {
    const process = running.get(member.name)!;
    if (signal) process.kill(signal);
    if (process.exitCode === null && process.signalCode === null) await once(process, "exit");
  }

  /** What join.sh makes of etcd.yaml where there are no data; of a running cluster by what etcd says of its members. */
  async function firstStart(member: HostSpec, state: "new" | "existing"): Promise<string> {
    const list = state === "new" ? "" : (await ctl(["member", "list"])).said;
    const bash = `. ${join(__dirname, "membership.sh")}; . ${join(__dirname, "join.sh")}
      ask() { cat; }; [ "$1" = new ] || refresh
      install_file() { cat "$STAGE/$1"; }; install_first_start "$1"`;
    const settings = `STAGE='${home(member)}' NODE_NAME='${member.name}' NODE_IP='${member.ip}'
      MEMBERS=(${first.map(({ name }) => name).join(" ")}); ENDPOINTS=(${first.map(({ ip }) => `https://${ip}:2379`).join(" ")})`;
    const input = members.reduce((text, { ip }, index) => text.replaceAll(address(index), ip), list);
    const { ok, said } = await judge("bash", ["-c", `set -eu; ${settings}; ${bash}`, "bash", state], { input });
    assert.ok(ok, said);
    return said;
  }

  async function ctl(args: string[], certificate = true) {
    const client = certificate
      ? ["--cert", join(home(first[0]!), "server.crt"), "--key", join(home(first[0]!), "server.key")]
      : [];
    const tls = ["--cacert", join(folder, "ca.crt"), ...client, "--endpoints", endpoints];
    return judge(await binary("etcd", "etcdctl"), [...tls, `--command-timeout=${certificate ? 10 : 2}s`, ...args]);
  }

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 60_000;
    while (!(await holds())) {
      assert.ok(Date.now() < end, `${what}:\n${members.map((member) => log(member).slice(-1500)).join("\n")}`);
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }

  const healthy = () => ctl(["endpoint", "health"]).then(({ ok }) => ok);

  /** `cp1 started false`: name, state and whether it learns. */
  async function rows(): Promise<string[]> {
    const { said } = await ctl(["member", "list"]);
    return said
      .split("\n")
      .map((row) => row.split(", "))
      .map(([, state, name, , , learner]) => `${name} ${state} ${learner}`)
      .sort();
  }

  test("come up with a quorum as members by the hosts' names, all healthy and voting", async () => {
    await until("not healthy", healthy);
    assert.deepEqual(await rows(), first.map(({ name }) => `${name} started false`).sort());
  });

  test("refuse a client without a certificate", async () => {
    const { ok, said } = await ctl(["get", "anything"], false);
    assert.ok(!ok, said);
    assert.match(said, /certificate required|bad certificate|connection error|deadline exceeded/);
  });

  test("start again from the file that names no members", async () => {
    const [member] = first;
    await ended(member!, "SIGTERM");
    await start(member!, etcdConfig(spec, member!));
    await until("not healthy again", healthy);
  });

  test("never start from that file without data: neither as part of the cluster nor as one of their own", async () => {
    const member = first.at(-1)!;
    await ended(member, "SIGTERM");
    rmSync(join(home(member), "data"), { recursive: true });
    await start(member, etcdConfig(spec, member));
    await ended(member);
    assert.match(log(member), /member count is unequal|could not retrieve cluster information/);
  });

  test("come in as learners with the members that etcd tells, and are promoted", async () => {
    const old = (await ctl(["member", "list"])).said
      .split("\n")
      .find((row) => row.includes(`, ${first.at(-1)!.name}, `))!;
    await ctl(["member", "remove", old.split(", ")[0]!]);
    const peer = `https://${address(members.indexOf(fourth))}:2380`;
    const add = () => ctl(["member", "add", fourth.name, "--learner", "--peer-urls", peer]).then(({ ok }) => ok);
    await until("not added", add);
    await start(fourth, await firstStart(fourth, "existing"));
    const own = async () => (await ctl(["member", "list"])).said.split("\n").find((row) => row.includes(peer))!;
    const promote = async () => (await ctl(["member", "promote", (await own()).split(", ")[0]!])).ok;
    await until("not promoted", promote);
    const names = [...first.slice(0, -1), fourth].map(({ name }) => name);
    assert.deepEqual(await rows(), names.map((name) => `${name} started false`).sort());
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

  test("no other member changes when one comes or goes", () => {
    const fewer = { ...spec, hosts: spec.hosts.filter(({ name }) => name !== "cp3") };
    const member = etcdMembers(spec)[0]!;
    assert.equal(etcdConfig(fewer, member), etcdConfig(spec, member));
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
