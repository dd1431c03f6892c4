import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { devSpec } from "../../test/fixtures";
import type { HostFacts } from "../observe/facts";
import { runningFacts } from "../observe/fixture";
import { Change, Step } from "./commands";
import { Ledger, type Declaration, type History } from "./ledger";

const NAME = "dev-cp1-vip";
const declaration: Declaration = { name: NAME, host: "cp1", step: Step.Vip, input: "a1", past: false };

const spec = devSpec();
const cp1 = spec.hosts.find(({ name }) => name === "cp1")!;

/** A host on which the command ran last as it is declared. */
function seen(change: Partial<HostFacts> = {}): HostFacts {
  return { ...runningFacts(spec, cp1), commands: [{ resource: NAME, input: "a1", repair: "" }], ...change };
}

function history(facts: HostFacts | undefined, change: Partial<History> = {}): History {
  const asked = new Map(facts ? [["cp1", facts]] : []);
  return { recorded: { [NAME]: { input: "a1", repair: "" } }, facts: asked, drift: new Map(), ...change };
}

function declared(facts: HostFacts | undefined, change: Partial<History> = {}, over: Partial<Declaration> = {}) {
  const { change: what, reasons, repair } = new Ledger(history(facts, change)).declare({ ...declaration, ...over });
  return { change: what, reasons, repair };
}

const none = { change: Change.None, reasons: [], repair: "" };
const path = "/etc/haproxy/haproxy.cfg";
const edited = seen({ files: [{ path, resource: NAME, state: "content" }] });

describe("a command", () => {
  test("that ran last as declared, on a host as it left it, is left alone", () => {
    assert.deepEqual(declared(seen()), none);
  });

  test("that no complete update knows is new", () => {
    assert.deepEqual(declared(undefined, { recorded: {} }), { ...none, change: Change.New });
  });

  test("with another text than the last complete update's is edited, and that is no repair", () => {
    assert.deepEqual(declared(edited, {}, { input: "b2" }), { ...none, change: Change.Edited });
  });

  test("that a run which was cut off has already run is left alone", () => {
    const facts = seen({ commands: [{ resource: NAME, input: "b2", repair: "" }] });
    assert.deepEqual(declared(facts, {}, { input: "b2" }), none);
  });

  test("of a host that was not asked is left alone, with the repair that its text names", () => {
    const recorded = { [NAME]: { input: "a1", repair: "2: a file was changed" } };
    assert.deepEqual(declared(undefined, { recorded }), { ...none, repair: "2: a file was changed" });
  });

  test("that happened once is never repeated, nor kept for the next run", () => {
    const ledger = new Ledger(history(edited));
    ledger.declare({ ...declaration, past: true });
    assert.equal(ledger.declared[0]?.change, Change.None);
    assert.deepEqual(ledger.record, {});
  });
});

describe("a repair", () => {
  const words: [HostFacts["files"][number]["state"], string][] = [
    ["missing", `${path} is missing`],
    ["content", `${path} was changed`],
    ["mode", `${path} has another mode or owner`],
  ];
  for (const [state, sentence] of words) {
    test(`names a file: ${state}`, () => {
      const facts = seen({ files: [{ path, resource: NAME, state }] });
      assert.deepEqual(declared(facts), { change: Change.Repair, reasons: [sentence], repair: `1: ${sentence}` });
    });
  }

  test("is not for a file of another resource", () => {
    assert.deepEqual(declared(seen({ files: [{ path, resource: "dev-cp1-stage", state: "missing" }] })), none);
  });

  test("names what differs in its own step only", () => {
    const drift = new Map([
      [
        "cp1",
        new Map([
          [Step.Vip, ["the unit haproxy is inactive"]],
          [Step.Stage, ["sysctl x is 0, not 1"]],
        ]),
      ],
    ]);
    assert.deepEqual(declared(seen(), { drift }).reasons, ["the unit haproxy is inactive"]);
  });

  test("is for a host that lost its record, as a fresh machine in its place", () => {
    assert.equal(declared(seen({ commands: [] })).change, Change.Repair);
  });

  test("is for a host that was last given something else", () => {
    const facts = seen({ commands: [{ resource: NAME, input: "old", repair: "" }] });
    assert.deepEqual(declared(facts).reasons, ["the host was last given something else"]);
  });

  test("is for a run that did not end well", () => {
    const facts = seen({ commands: [{ resource: NAME, input: "unfinished", repair: "2: x" }] });
    assert.deepEqual(declared(facts).repair, "3: its last run there did not end well");
  });

  test("stays in the text when it is done, and the next has another number", () => {
    const done = { resource: NAME, input: "a1", repair: "3: a file was changed" };
    assert.deepEqual(declared(seen({ commands: [done] })), { ...none, repair: done.repair });
    const again = declared({ ...edited, commands: [done] });
    assert.equal(again.repair, `4: ${path} was changed`);
  });

  test("has another number than the stack's last, also on a host with an older record", () => {
    const recorded = { [NAME]: { input: "a1", repair: "7: x" } };
    assert.match(declared(edited, { recorded }).repair, /^8: /);
  });

  test("is one line of bounded length, whatever hosts say", () => {
    const drift = new Map([["cp1", new Map([[Step.Vip, ["a\nKUBEADM_HA_PROGRAM\n\tb", "x".repeat(600)]]])]]);
    const { repair } = declared(seen(), { drift });
    assert.ok(repair.startsWith("1: a KUBEADM_HA_PROGRAM b; xxx") && repair.length === 500, repair);
    const forged = { resource: NAME, input: "a1", repair: "1: a\nREPAIR='b'" };
    assert.equal(declared(seen({ commands: [forged] })).repair, "1: a REPAIR='b'");
  });

  test("is kept for the next run", () => {
    const ledger = new Ledger(history(edited));
    const { repair } = ledger.declare(declaration);
    assert.deepEqual(ledger.record, { [NAME]: { input: "a1", repair } });
  });
});
