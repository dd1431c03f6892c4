/** What holds for every plan and every text. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { Change, Step } from "../host/commands";
import { html } from "./markup";
import { escaped } from "./markdown";
import { makePlan } from "./plan";
import { bigConfig, unchanged } from "./scenarios";
import { planText } from "./text";
import { StepKind } from "./types";

const order = Object.values(Step);
const base = unchanged(bigConfig());
const changes = fc.array(fc.constantFrom(...Object.values(Change)), {
  minLength: base.commands.length,
  maxLength: base.commands.length,
});
const reasons = fc.array(fc.string({ unit: "binary", maxLength: 60 }), { maxLength: 2 });

const inputs = fc
  .record({ changes, reasons, settled: fc.boolean(), observed: fc.boolean() })
  .map(({ changes: each, reasons: why, settled, observed }) => ({
    ...base,
    applied: settled ? base.applied : undefined,
    observations: observed ? base.observations : undefined,
    commands: base.commands.map((command, index) => ({ ...command, change: each[index]!, reasons: why })),
  }));

test("every command that does something is in exactly one step, every other in none", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const listed = makePlan(input).steps.flatMap(({ commands }) => commands);
      const active = input.commands.filter(({ change }) => change !== Change.None).map(({ name }) => name);
      assert.deepEqual([...listed].sort(), [...active].sort());
    }),
    { numRuns: 50 },
  );
});

test("steps come in the order of the program's steps, and every host of a step has exactly one turn", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const { steps } = makePlan(input);
      const last = steps.map((step) => Math.max(...step.steps.map((one) => order.indexOf(one))));
      assert.deepEqual(
        last,
        [...last].sort((a, b) => a - b),
      );
      for (const step of steps) {
        assert.deepEqual([...step.turns.flat()].sort(), [...new Set(step.hosts)].sort());
        assert.ok(step.kind === StepKind.Repair || step.reasons.length === 0);
      }
    }),
    { numRuns: 50 },
  );
});

test("no line of the table is longer than 100 columns", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      for (const line of planText(makePlan(input)).split("\n")) assert.ok(line.length <= 100, line);
    }),
    { numRuns: 50 },
  );
});

const anything = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."<>&\"'`|\\@#[]()!*_~-1. a:/w\n\u202e\u200b") }),
);

test("no text makes markup of a page", () => {
  fc.assert(
    fc.property(anything, (text) => {
      const inner = html`${text}`.text;
      assert.doesNotMatch(inner, /[<>"']/);
      assert.doesNotMatch(inner, /&(?!(amp|lt|gt|quot|#39);)/);
      assert.doesNotMatch(inner, /[\p{Cc}\p{Cf}]/u);
    }),
  );
});

test("no text makes markup, a cell, a code span, a mention or a link of Markdown", () => {
  fc.assert(
    fc.property(anything, (text) => {
      const inner = escaped(text);
      // What is left when every escaped sign is taken out.
      const bare = inner.replace(/\\[\\`*_{}[\]<>|~!$#\-+=.)]/g, "").replace(/&(amp|#58|#46|#8203);/g, "");
      assert.doesNotMatch(bare, /[\\`*_[\]<>|~&]/);
      assert.doesNotMatch(inner, /[@#](?!&#8203;|\d+;)/);
      assert.doesNotMatch(inner, /:\/\/|\bwww\./i);
    }),
  );
});
