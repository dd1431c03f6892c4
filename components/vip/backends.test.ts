/** Which API servers HAProxy leads to, by a real HAProxy in front of stand-in API servers. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { issue, makeAuthority } from "../../test/certificates";
import { devSpec } from "../../test/fixtures";
import { scratch, write } from "../../test/scratch";
import { controlPlanes } from "../spec/topology";
import { haproxyConfig, MEMBER_PORT } from "./haproxy";

const LIMIT_MS = 30_000;
/** Where the test's own member of etcd stands, as 2381 may be another's. */
const METRICS_PORT = 24381;

describe("HAProxy leads to an API server", () => {
  const folder = scratch();
  const spec = devSpec();
  const [own, ...others] = controlPlanes(spec);
  /** `10.77.0.11` → `127.77.0.11`. */
  const moved = (text: string) => text.replace(/\b10\.77\./g, "127.77.");
  const servers: (http.Server | https.Server)[] = [];
  let ready = 200;
  let haproxy: ChildProcess;

  function listen(server: http.Server | https.Server, port: number, host: string): Promise<http.Server | https.Server> {
    servers.push(server);
    return new Promise((done, fail) => server.once("error", fail).listen(port, host, () => done(server)));
  }

  before(async () => {
    const ca = await makeAuthority(folder, "kubernetes");
    const ipAddresses = controlPlanes(spec).map(({ ip }) => moved(ip));
    const pair = await issue(folder, "apiserver", ca, { dnsNames: ["kubernetes"], ipAddresses });
    const tls = { key: readFileSync(pair.key), cert: readFileSync(pair.certificate) };
    for (const { ip } of controlPlanes(spec)) {
      const api = https.createServer(tls, (_, answer) => answer.writeHead(ready).end());
      await listen(api, spec.api.bindPort, moved(ip));
    }
    const config = moved(haproxyConfig(spec, own!))
      .replaceAll("/etc/haproxy/kubernetes-ca.crt", ca.certificate)
      .replace("/run/haproxy/admin.sock", join(folder, "admin.sock"))
      .replace("127.0.0.1:2381", `127.0.0.1:${METRICS_PORT}`)
      .replace(/^ +(user|group|log) .*\n/gm, "");
    haproxy = spawn("haproxy", ["-db", "-f", write(folder, "haproxy.cfg", config)], { stdio: "ignore" });
  });

  after(() => {
    haproxy.kill("SIGKILL");
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Names of the API servers that are up. */
  async function up(): Promise<string[]> {
    const table = await new Promise<string>((done) => {
      let text = "";
      const socket = connect(join(folder, "admin.sock"), () => socket.end("show stat\n"));
      socket.on("data", (part) => (text += String(part)));
      socket.on("error", () => done("")).on("close", () => done(text));
    });
    const rows = table.split("\n").map((row) => row.split(","));
    const isUp = ([backend, name, ...rest]: string[]) =>
      backend === "api-servers" && name !== "BACKEND" && /^UP/.test(rest[15] ?? "");
    return rows.filter(isUp).map(([, name]) => name!);
  }

  async function eventually(names: string[]): Promise<void> {
    const end = Date.now() + LIMIT_MS;
    let found = await up();
    while (found.join() !== names.join() && Date.now() < end) {
      await new Promise((wake) => setTimeout(wake, 100));
      found = await up();
    }
    assert.deepEqual(found, names);
  }

  const page = () => http.createServer((_, answer) => answer.writeHead(200).end());

  test("where etcd runs beside it and both are well, and nowhere else", async () => {
    await eventually([]);
    const member = await listen(page(), METRICS_PORT, "127.0.0.1");
    await eventually([own!.name]);
    const pages = [];
    for (const { ip } of others) pages.push(await listen(page(), MEMBER_PORT, moved(ip)));
    await eventually(controlPlanes(spec).map(({ name }) => name));

    pages[0]!.closeAllConnections();
    pages[0]!.close();
    await eventually([own, others[1]].map((host) => host!.name));

    member.closeAllConnections();
    member.close();
    await eventually([others[1]!.name]);

    ready = 500;
    await eventually([]);
  });
});
