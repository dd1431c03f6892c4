import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../sh";
import { renderRules } from "./partition";
import { findPrograms } from "./programs";

test("frames are dropped between the sides only, in both directions", () => {
  const rules = renderRules("kha-two", ["khp1-11", "khp1-12"]);
  assert.match(rules, /elements = \{ "khp1-11", "khp1-12" \}/);
  assert.match(rules, /iifname @cut oifname != @cut drop/);
  assert.match(rules, /iifname != @cut oifname @cut drop/);
  assert.equal(rules.match(/\bdrop\b/g)?.length, 2);
});

test("nft takes the rules", { skip: !findPrograms("nft").length && "no nft here" }, async () => {
  await run("nft", ["--check", "-f", "-"], { input: renderRules("kha-two", ["khp1-11"]) });
});
