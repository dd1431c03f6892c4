/** The choice of a victim, with a real HAProxy before stand-ins for API servers. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { LabError } from "../../../lab/error";
import { sleep, waitFor } from "../../../lab/sh";
import { scratch, write } from "../../scratch";
import type { Hosts } from "../hosts";
import { Proxy } from "../proxy";
import type { Scene } from "../scene";
import { victim } from "./victim";

const CONTROL_PLANES = ["cp1", "cp2", "cp3"];
const PORT = 28443;

const folder = scratch();
const admin = join(folder, "admin.sock");
const servers: Server[] = [];
const sockets = new Set<Socket>();
let haproxy: ChildProcess;
let over = false;

/** What HAProxy says to the commands of a script that a host is to run. */
function ask(_: string, script: string): Promise<string> {
  const commands = /echo '([^']*)' \| .*socat/.exec(script)![1]!;
  return new Promise((done, fail) => {
    let said = "";
    const socket = connect(admin, () => socket.end(`${commands}\n`));
    socket.on("data", (part) => (said += String(part)));
    socket.on("error", fail).on("close", () => done(said));
  });
}

const hosts = { controlPlanes: CONTROL_PLANES, holder: () => Promise.resolve("cp1"), exec: ask } as unknown as Hosts;
const proxy = new Proxy(hosts, "cp1");

before(async () => {
  const lines = CONTROL_PLANES.map((name, index) => `  server ${name} 127.77.9.${index + 1}:${PORT}`);
  for (const [index] of CONTROL_PLANES.entries()) {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(PORT, `127.77.9.${index + 1}`, done));
  }
  const config = `global
  stats socket ${admin} mode 600 level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m
frontend api
  bind 127.77.9.10:${PORT}
  default_backend api-servers
backend api-servers
  balance leastconn
${lines.join("\n")}
`;
  haproxy = spawn("haproxy", ["-db", "-f", write(folder, "haproxy.cfg", config)], { stdio: "ignore" });
  const problem = () => new LabError("HAProxy does not start", "Look at its configuration.");
  await waitFor({ limit: 20, every: 0.05, problem }, () => proxy.sessions().catch(() => undefined));
});

after(() => {
  over = true;
  haproxy.kill("SIGKILL");
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/** A client that connects again whenever it is cut off. */
class Client {
  socket!: Socket;

  async connect(): Promise<void> {
    const socket = connect({ port: PORT, host: "127.77.9.10" });
    socket.on("error", () => undefined);
    socket.on("close", () => over || void this.connect());
    await new Promise((done) => socket.once("connect", done));
    sockets.add(socket);
    this.socket = socket;
  }

  get source(): string {
    return `${this.socket.localAddress}:${this.socket.localPort}`;
  }
}

async function clients(count: number): Promise<Client[]> {
  const all = Array.from({ length: count }, () => new Client());
  for (const client of all) {
    await client.connect();
    await sleep(0.05);
  }
  return all;
}

test("it does not hold the address, has the fewest sessions and both streams, and HAProxy leads everywhere again", async () => {
  const undone: string[] = [];
  await proxy.drain(["cp3"]);
  await clients(8);
  await proxy.serve(["cp3"]);
  await proxy.drain(["cp3", "cp2"]);
  const [watch, kept] = await clients(2);
  await proxy.serve(["cp3", "cp2"]);
  const scene = {
    hosts,
    figures: {} as Record<string, number>,
    sources: () => Promise.resolve({ watch: watch!.source, kept: kept!.source }),
    undoWith: (what: string) => undone.push(what),
    until: async (limit: number, holds: () => Promise<boolean>) => {
      for (let tries = 0; tries < limit * 10; tries++) {
        if (await holds()) return 1;
        await sleep(0.1);
      }
      return undefined;
    },
  };
  assert.equal(await victim(scene as unknown as Scene), "cp3");
  assert.deepEqual([scene.figures.carried, undone.length], [1, 1]);
  const sessions = await proxy.sessions();
  const streams = sessions.filter(({ source }) => [watch!.source, kept!.source].includes(source));
  assert.deepEqual(
    streams.map(({ server }) => server),
    ["cp3", "cp3"],
  );
  assert.equal(sessions.filter(({ server }) => server !== "cp3").length, 8, "the others stay where they are");
  await clients(6);
  const now = await proxy.sessions();
  const count = (host: string) => now.filter(({ server }) => server === host).length;
  assert.deepEqual(CONTROL_PLANES.map(count).toSorted(), [5, 5, 6]);
});
