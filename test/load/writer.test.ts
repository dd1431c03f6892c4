import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import fc from "fast-check";

import { LabError } from "../../lab/error";
import { waitFor } from "../../lab/sh";
import { scratch } from "../scratch";
import { Api } from "./api";
import { Ring } from "./ring";
import { Manner, TestServer } from "./server";
import { missedBy, Watch } from "./watch";
import { lostFrom, Writer } from "./writer";

let server: TestServer;
let ring: Ring;
let api: Api;
let writer: Writer;
let watch: Watch | undefined;

before(async () => {
  server = await TestServer.start(scratch(), (request, response) => ring.handle(request, response));
});
after(() => server.refuse());
beforeEach(async () => {
  ring = new Ring();
  server.manner = Manner.Answer;
  api = new Api(server.access);
  writer = new Writer(api, "test", 5);
  await writer.start();
});
afterEach(async () => {
  await writer.stop();
  await watch?.stop([]);
  watch = undefined;
  api.close();
});

/** Waits until so many more writes are acknowledged. */
async function more(count: number): Promise<void> {
  const wanted = writer.acknowledged.length + count;
  await until(`${wanted} writes`, () => writer.acknowledged.length >= wanted);
}

async function until(what: string, test: () => boolean): Promise<void> {
  const problem = () => new LabError(`not within 20 s: ${what}`, "Look at the writer.");
  await waitFor({ limit: 20, every: 0.01, problem }, async () => test() || undefined);
}

test("numbers are written in order, and all acknowledged ones are there", async () => {
  await more(25);
  const { acknowledged, lost, failed } = await writer.stop();
  assert.deepEqual({ lost, failed }, { lost: [], failed: 0 });
  assert.deepEqual(
    writer.acknowledged.map(({ number }) => number),
    Array.from({ length: acknowledged }, (_, index) => index + 1),
  );
});

test("a write whose answer was lost is an error, is found to be done, and is not written twice", async () => {
  await more(3);
  ring.loseNextAnswer = true;
  await until("the answer lost", () => !ring.loseNextAnswer);
  await more(12);
  const { acknowledged, lost, failed } = await writer.stop();
  assert.deepEqual({ lost, failed }, { lost: [], failed: 1 });
  const numbers = writer.acknowledged.map(({ number }) => number);
  assert.equal(new Set(numbers).size, acknowledged);
});

test("writes that fail for a while are repeated until they are acknowledged", async () => {
  await more(3);
  const earlier = server.connections;
  server.manner = Manner.Reset;
  await until("three connections cut", () => server.connections >= earlier + 3);
  server.manner = Manner.Answer;
  await more(12);
  const { lost, failed, gaps } = await writer.stop();
  assert.deepEqual(lost, []);
  assert.ok(failed >= 2, `${failed} failed`);
  assert.equal(gaps.length, 1);
});

test("an object that went back is lost as far as it went back, even if it is written again", async () => {
  await more(30);
  // What a restored backup does: an older number, and another version.
  const name = "numbers-3";
  const number = Number(ring.objects.get(name)!.data.number);
  const metadata = { name, resourceVersion: "7" };
  ring.objects.set(name, { metadata, data: { number: String(number - 20) } });
  await more(30);
  const { lost } = await writer.stop();
  assert.ok(lost.length >= 2, `lost ${lost.join()}`);
  assert.ok(lost.every((one) => one % 10 === 3 && one > number - 20));
});

test("an object that is gone at the end is lost with all that it ever held", async () => {
  await more(25);
  const stopping = writer.stop();
  ring.objects.delete("numbers-4");
  const { lost } = await stopping;
  assert.deepEqual(lost.slice(0, 2), [4, 14]);
  assert.ok(lost.every((one) => one % 10 === 4));
});

test("a watch sees every write, across a connection that is cut", async () => {
  const watch = await openWatch();
  await more(5);
  server.cut();
  await until("the watch cut", () => ring.watching === 0);
  await until("the watch open again", () => ring.watching === 1);
  await more(5);
  await writer.stop();
  const { breaks, missed, relists, events } = await watch.stop(writer.acknowledged);
  assert.deepEqual({ missed, relists, breaks: breaks.length }, { missed: [], relists: 0, breaks: 1 });
  assert.ok(events >= 10, `${events} events`);
});

test("an event that never comes is missed", async () => {
  const watch = await openWatch();
  await hideEvent();
  await writer.stop();
  assert.equal((await watch.stop(writer.acknowledged)).missed.length, 1);
});

test("a watch whose history is gone lists again, and that makes up for what it did not see", async () => {
  const watch = await openWatch();
  await hideEvent();
  await writer.stop();
  const { lists } = ring;
  ring.compact();
  server.cut();
  await until("another list", () => ring.lists > lists);
  const { missed, relists } = await watch.stop(writer.acknowledged);
  assert.deepEqual({ missed, relists }, { missed: [], relists: 1 });
});

async function openWatch(): Promise<Watch> {
  watch = new Watch(api, "test", 60);
  await until("the watch open", () => ring.watching === 1);
  return watch;
}

/** One write that no watch sees, with others around it. */
async function hideEvent(): Promise<void> {
  await more(5);
  ring.hideNextEvent = true;
  await until("an event hidden", () => !ring.hideNextEvent);
  await more(5);
}

const writes = fc
  .array(fc.constantFrom("a", "b", "c"), { maxLength: 40 })
  .map((names) => names.map((name, index) => ({ name, number: index + 1 })));

test("exactly the acknowledged numbers above the stored one are lost, of that object alone", () => {
  fc.assert(
    fc.property(writes, fc.nat({ max: 40 }), (list, stored) => {
      const lost = new Set(lostFrom(list, "a", stored));
      for (const { name, number } of list) assert.equal(lost.has(number), name === "a" && number > stored);
    }),
  );
});

test("a number is missed when neither an event nor a later list of its object showed it", () => {
  fc.assert(
    fc.property(writes, fc.array(fc.nat({ max: 40 })), fc.nat({ max: 40 }), (list, seen, listed) => {
      const missed = new Set(missedBy(list, { seen: new Set(seen), listed: new Map([["a", listed]]) }));
      for (const { name, number } of list) {
        assert.equal(missed.has(number), !seen.includes(number) && (name !== "a" || number > listed));
      }
    }),
  );
});
