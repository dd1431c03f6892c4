/** What a host is asked for, run for real. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { judge, scratch, write } from "../../test/scratch";
import { commandFor } from "../observe/script";
import { filesOf, questionFor } from "./hosts";

test("files that are there arrive as they are, and others are left out", async () => {
  const folder = scratch();
  const content = "-----BEGIN X-----\nit's \\ “odd”\n\n-----END X-----\n";
  const places = new Map([
    ["sa.pub", write(folder, "empty", "")],
    ["ca.key", `${folder}/missing`],
    ["ca.crt", write(folder, "with'quote", content)],
  ]);
  const { ok, said } = await judge("sh", ["-c", commandFor("root", 20)], { input: questionFor(places) });
  assert.ok(ok, said);
  const files = [
    ["sa.pub", ""],
    ["ca.crt", content],
  ];
  assert.deepEqual([...filesOf(said, places)], files);
});
