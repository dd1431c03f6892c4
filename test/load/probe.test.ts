import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { LabError } from "../../lab/error";
import { waitFor } from "../../lab/sh";
import { scratch } from "../scratch";
import { Connections, Probe, type ProbeOptions } from "./probe";
import { Manner, TestServer } from "./server";

let server: TestServer;

before(async () => {
  server = await TestServer.start(scratch(), (_, response) => response.end("{}"));
});
after(() => server.refuse());
beforeEach(() => {
  server.manner = Manner.Answer;
});

/** Long enough that only a server that stalls on purpose reaches it. */
const PATIENT: ProbeOptions = { intervalMs: 10, timeoutMs: 20_000 };

/** Waits until so many more attempts have ended, well or not. */
async function more(probe: Probe, count: number, ok: boolean): Promise<void> {
  const ended = () => probe.attempts.filter(({ error }) => (error === undefined) === ok).length;
  const wanted = ended() + count;
  await until(`${wanted} attempts ${ok ? "answered" : "failed"}`, () => ended() >= wanted);
}

async function until(what: string, test: () => boolean): Promise<void> {
  const problem = () => new LabError(`not within 20 s: ${what}`, "Look at the probe.");
  await waitFor({ limit: 20, every: 0.01, problem }, async () => test() || undefined);
}

for (const connections of Object.values(Connections)) {
  for (const manner of [Manner.Fault, Manner.Reset]) {
    test(`a ${connections} connection: failures by ${manner} are one gap between successes`, async () => {
      const probe = new Probe(server.access, connections, PATIENT);
      await more(probe, 3, true);
      server.manner = manner;
      await more(probe, 3, false);
      server.manner = Manner.Answer;
      await more(probe, 3, true);
      const { sent, failed, gaps, longestGapMs } = await probe.stop();
      const [gap] = gaps;
      assert.equal(gaps.length, 1);
      assert.equal(gap!.failed, failed);
      assert.ok(failed >= 3 && sent >= failed + 6, `${failed} of ${sent} failed`);
      assert.equal(longestGapMs, gap!.to - gap!.from);
      assert.match(gap!.errors.join(), manner === Manner.Fault ? /^HTTP 500$/ : /socket hang up|ECONNRESET/);
    });
  }

  test(`a ${connections} connection: refused attempts fail at once`, async () => {
    const probe = new Probe(server.access, connections, PATIENT);
    await more(probe, 3, true);
    await server.refuse();
    await until("a refusal", () => probe.attempts.some(({ error }) => /ECONNREFUSED/.test(error ?? "")));
    await server.listen();
    await more(probe, 3, true);
    assert.equal((await probe.stop()).gaps.length, 1);
  });

  test(`a ${connections} connection: a stall fails by its limit and is over with the next answer`, async () => {
    const probe = new Probe(server.access, connections, { intervalMs: 10, timeoutMs: 500 });
    await more(probe, 1, true);
    server.manner = Manner.Stall;
    await more(probe, 2, false);
    server.manner = Manner.Answer;
    await more(probe, 3, true);
    const { gaps } = await probe.stop();
    assert.ok(gaps.some(({ errors }) => errors.includes("no answer within 500 ms")));
  });
}

test("new connections: questions that are stuck hold up no other", async () => {
  server.manner = Manner.Stall;
  const probe = new Probe(server.access, Connections.New, PATIENT);
  await until("five questions stuck at the same time", () => server.stalled >= 5);
  server.manner = Manner.Answer;
  await more(probe, 3, true);
  assert.ok(server.stalled >= 5);
  server.cut();
  const { failed, sent } = await probe.stop();
  assert.ok(failed >= 5 && sent >= failed + 3, `${failed} of ${sent} failed`);
});

test("new connections are new every time, a kept one stays", async () => {
  const count = async (connections: Connections) => {
    const earlier = server.connections;
    const probe = new Probe(server.access, connections, PATIENT);
    await more(probe, 10, true);
    const { sent } = await probe.stop();
    return { sent, made: server.connections - earlier };
  };
  const fresh = await count(Connections.New);
  assert.equal(fresh.made, fresh.sent);
  assert.equal((await count(Connections.Kept)).made, 1);
});

test("a kept connection that the server closes between two questions is a broken connection, not a failure", async () => {
  const probe = new Probe(server.access, Connections.Kept, { ...PATIENT, intervalMs: 50 });
  await more(probe, 2, true);
  server.manner = Manner.Answer;
  server.cut();
  await more(probe, 2, true);
  const { failed, brokenConnections } = await probe.stop();
  assert.deepEqual({ failed, brokenConnections }, { failed: 0, brokenConnections: 1 });
});

test("a server that another authority vouches for is not believed", async () => {
  const stranger = await TestServer.start(scratch(), (_, response) => response.end("{}"));
  const probe = new Probe({ ...stranger.access, ca: server.access.ca }, Connections.New, PATIENT);
  await more(probe, 1, false);
  const { sent, failed } = await probe.stop();
  await stranger.refuse();
  assert.equal(failed, sent);
});
