import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { LabError } from "../../lab/error";
import { waitFor } from "../../lab/sh";
import { Follower } from "../load/follower";
import { Connections, Probe } from "../load/probe";
import { TestServer } from "../load/server";
import { scratch } from "../scratch";
import { Source } from "./sources";

let server: TestServer;
/** The client's end of each request's connection, as the server sees it. */
const seen: { url: string; source: string }[] = [];

before(async () => {
  server = await TestServer.start(scratch(), ({ url = "", socket }, response) => {
    seen.push({ url, source: `${socket.remoteAddress}:${socket.remotePort}` });
    if (url.includes("watch=true")) response.write("{}\n");
    else response.end("{}");
  });
});
after(() => server.refuse());

const last = (url: string) => seen.findLast((one) => one.url === url)?.source;

async function until(holds: () => boolean): Promise<void> {
  const problem = () => new LabError("not within 20 s", "Look at the source.");
  await waitFor({ limit: 20, every: 0.01, problem }, async () => holds() || undefined);
}

test("a kept connection's end is told among new ones'", async () => {
  const source = new Source((path) => path === "/?kept");
  const probes = [Connections.New, Connections.Kept].map(
    (connections) => new Probe(server.access, connections, { path: `/?${connections}`, intervalMs: 10 }),
  );
  await until(() => seen.filter(({ url }) => url === "/?kept").length > 3);
  assert.equal(source.address, last("/?kept"));
  await Promise.all(probes.map((probe) => probe.stop()));
  source.stop();
});

test("a watch that is opened again is followed to its new connection", async () => {
  const path = "/?watch=true";
  const source = new Source((asked) => asked.includes("watch=true"));
  assert.equal(source.address, undefined);
  let lines = 0;
  const watch = new Follower(server.access, { path: () => path, onLine: () => (lines += 1) });
  await until(() => lines === 1);
  const first = last(path);
  assert.equal(source.address, first);
  watch.reopen();
  await until(() => lines === 2);
  assert.notEqual(last(path), first);
  assert.equal(source.address, last(path));
  await watch.stop();
  source.stop();
});

test("the prober tells its end of the kept connection as often as it is asked, then all attempts", async () => {
  const child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "worker-probe.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  child.stdin.write(`${JSON.stringify(server.access)}\n`);
  assert.equal(await next(), "asking");
  await until(() => seen.filter(({ url }) => url.endsWith("default?kept")).length > 2);
  const [kept] = seen.filter(({ url }) => url.endsWith("default?kept"));
  for (let asked = 0; asked < 2; asked++) {
    child.stdin.write("\n");
    assert.equal(await next(), kept!.source);
  }
  child.stdin.end();
  const said = JSON.parse(await next()) as Record<string, unknown[]>;
  assert.ok(said["fresh"]!.length > 2 && said["kept"]!.length > 2);
});
