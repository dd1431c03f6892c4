/** Which API servers are led to, by a real HAProxy for each of three control planes, with stand-ins for API servers and etcd. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { issue, makeAuthority } from "../../test/certificates";
import { devSpec } from "../../test/fixtures";
import { scratch, write } from "../../test/scratch";
import { controlPlanes } from "../spec/topology";
import { haproxyConfig } from "./haproxy";

const LIMIT_MS = 20_000;
/** Where the stand-ins for etcd are, as 2381 may be another's. */
const HEALTH_PORT = 24381;
/** For whatever is to happen to have happened: the slowest takes 7 s. */
const LONG_MS = 8000;

enum Member {
  Well,
  /** Knows that it has no leader. */
  Bad,
  /** Waits for a majority. */
  Hangs,
  Gone,
}

describe("HAProxy leads to an API server", () => {
  const folder = scratch();
  const spec = devSpec();
  const hosts = controlPlanes(spec);
  const names = hosts.map(({ name }) => name);
  /** `10.77.0.11` → `127.77.0.11`. */
  const moved = (text: string) => text.replace(/\b10\.77\./g, "127.77.");
  const servers: (http.Server | https.Server)[] = [];
  const proxies: ChildProcess[] = [];
  const members = hosts.map(() => Member.Well);
  let ready = 200;

  function listen(server: http.Server | https.Server, port: number, host: string): Promise<void> {
    servers.push(server);
    return new Promise((done, fail) => server.once("error", fail).listen(port, host, () => done()));
  }

  /** The only page that HAProxy may ask for: without a full store's alarm, and not `serializable`. */
  function health(index: number): http.RequestListener {
    return ({ url, socket }, answer) => {
      if (members[index] === Member.Gone) socket.destroy();
      else if (members[index] !== Member.Hangs) {
        const isWell = members[index] === Member.Well && url === "/health?exclude=NOSPACE";
        answer.writeHead(isWell ? 200 : 503).end();
      }
    };
  }

  before(async () => {
    const ca = await makeAuthority(folder, "kubernetes");
    const ipAddresses = hosts.map(({ ip }) => moved(ip));
    const pair = await issue(folder, "apiserver", ca, { dnsNames: ["kubernetes"], ipAddresses });
    const tls = { key: readFileSync(pair.key), cert: readFileSync(pair.certificate) };
    for (const [index, host] of hosts.entries()) {
      const ip = moved(host.ip);
      await listen(
        https.createServer(tls, (_, answer) => answer.writeHead(ready).end()),
        spec.api.bindPort,
        ip,
      );
      await listen(http.createServer(health(index)), HEALTH_PORT, ip);
      const config = moved(haproxyConfig(spec, host))
        .replaceAll("/etc/haproxy/kubernetes-ca.crt", ca.certificate)
        .replace("/run/haproxy/admin.sock", socketOf(host.name))
        .replaceAll("127.0.0.1:2381", `${ip}:${HEALTH_PORT}`)
        .replaceAll("bind 127.0.0.1:", `bind ${ip}:`)
        .replace(/^ +(user|group|log) .*\n/gm, "");
      const file = write(folder, `${host.name}.cfg`, config);
      proxies.push(spawn("haproxy", ["-db", "-f", file], { stdio: "ignore" }));
    }
  });

  after(() => {
    for (const proxy of proxies) proxy.kill("SIGKILL");
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  const socketOf = (name: string) => join(folder, `${name}.sock`);

  interface Backend {
    name: string;
    up: boolean;
    /** How often it went down so far. */
    downs: number;
  }

  /** The API servers as the HAProxy of a host sees them. */
  async function backends(host: string): Promise<Backend[]> {
    const stat = await new Promise<string>((done) => {
      let text = "";
      const socket = connect(socketOf(host), () => socket.end("show stat\n"));
      socket.on("data", (part) => (text += String(part)));
      socket.on("error", () => done("")).on("close", () => done(text));
    });
    const rows = stat.split("\n").map((row) => row.split(","));
    return rows
      .filter(([backend, name]) => backend === "api-servers" && name !== "BACKEND")
      .map((row) => ({ name: row[1]!, up: row[17]!.startsWith("UP"), downs: Number(row[22]) }));
  }

  /** Names of those that are up, by every HAProxy. */
  async function up(): Promise<string[][]> {
    const seen = await Promise.all(names.map(backends));
    return seen.map((all) => all.filter((one) => one.up).map(({ name }) => name));
  }

  /** Resolves to how long it took, in milliseconds. */
  async function eventually(...wanted: string[]): Promise<number> {
    const start = performance.now();
    const everywhere = names.map(() => wanted);
    let found = await up();
    while (JSON.stringify(found) !== JSON.stringify(everywhere) && performance.now() - start < LIMIT_MS) {
      await sleep(100);
      found = await up();
    }
    assert.deepEqual(found, everywhere);
    return performance.now() - start;
  }

  /** `cp1 at cp2`: whose API server goes down for whom while something happens. */
  async function downsDuring(what: () => Promise<void>): Promise<string[]> {
    const all = async () => (await Promise.all(names.map(backends))).flat();
    const earlier = await all();
    await what();
    const later = await all();
    assert.equal(later.length, names.length ** 2);
    const where = (index: number) => `${later[index]!.name} at ${names[Math.floor(index / names.length)]!}`;
    return later.flatMap(({ downs }, index) => (downs > earlier[index]!.downs ? [where(index)] : []));
  }

  function become(...states: Member[]): void {
    states.forEach((state, index) => (members[index] = state));
  }

  for (const state of [Member.Bad, Member.Hangs]) {
    test(`no more where its own member does not serve (${Member[state]}) while another does, until it does again`, async () => {
      become(Member.Well, state, Member.Well);
      const took = await eventually(names[0]!, names[2]!);
      assert.ok(took < 10_000, `${took} ms`);
      become(Member.Well, Member.Well, Member.Well);
      await eventually(...names);
    });
  }

  test("on and on when no member serves, two of them lost at once, and when they come back one by one", async () => {
    const downs = await downsDuring(async () => {
      become(Member.Hangs, Member.Hangs, Member.Gone);
      await sleep(1500);
      become(Member.Bad, Member.Hangs, Member.Gone);
      await sleep(LONG_MS);
      become(Member.Well, Member.Bad, Member.Bad);
      await sleep(500);
      become(Member.Well, Member.Well, Member.Well);
      await sleep(3000);
    });
    assert.deepEqual(downs, []);
  });

  test("on and on while a leader is elected, the lost leader's alone excepted", async () => {
    const downs = await downsDuring(async () => {
      become(Member.Gone, Member.Hangs, Member.Hangs);
      await sleep(2000);
      become(Member.Gone, Member.Bad, Member.Bad);
      await sleep(300);
      become(Member.Gone, Member.Well, Member.Well);
      await eventually(names[1]!, names[2]!);
    });
    assert.deepEqual(
      downs,
      names.map((name) => `${names[0]!} at ${name}`),
    );
    become(Member.Well, Member.Well, Member.Well);
    await eventually(...names);
  });

  test("only as long as it is ready itself", async () => {
    ready = 500;
    await eventually();
  });
});
