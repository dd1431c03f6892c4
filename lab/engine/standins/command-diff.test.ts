/** What `command:remote:Command` plans for each change. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { implementations } from "../conformance/plugins";
import { Plugin, secret, UNKNOWN, type Wire } from "../conformance/plugin";

const LIMIT = { timeout: 120_000 };

for (const { title, executable } of implementations("command")) {
  describe(`${title}: Diff`, LIMIT, () => {
    let plugin: Plugin;
    before(async () => {
      plugin = await Plugin.start(await executable(), "command:remote:Command");
    });
    after(() => plugin.stop());
    const base = { create: "a", delete: "d", triggers: ["1"], environment: { A: "1" }, logging: "none" };
    const cases: Record<string, { news: Wire; detailed: Record<string, string>; replaces?: string[] }> = {
      "no change": { news: {}, detailed: {} },
      create: { news: { create: "b" }, detailed: { create: "update" } },
      "update added": { news: { update: "u" }, detailed: { update: "add" } },
      delete: { news: { delete: "e" }, detailed: { delete: "update" } },
      "stdin added": { news: { stdin: "s" }, detailed: { stdin: "add" } },
      environment: {
        news: { environment: { A: "2", B: "3" } },
        detailed: { "environment.A": "update", "environment.B": "add" },
      },
      logging: { news: { logging: "stdout" }, detailed: { logging: "update" } },
      addPreviousOutputInEnv: {
        news: { addPreviousOutputInEnv: false },
        detailed: { addPreviousOutputInEnv: "add" },
      },
      "secretness only": { news: { create: secret("a") }, detailed: { create: "update" } },
      "an element of triggers": { news: { triggers: ["2"] }, detailed: { "triggers[0]": "update" } },
      "a further trigger": { news: { triggers: ["1", "2"] }, detailed: { "triggers[1]": "add" } },
      "triggers removed": {
        news: { triggers: undefined },
        detailed: { triggers: "delete-replace" },
        replaces: ["triggers"],
      },
      "an unknown command": { news: { create: UNKNOWN }, detailed: { create: "update" } },
      "an unknown secret": { news: { create: secret(UNKNOWN) }, detailed: {} },
    };
    for (const [what, { news, detailed, replaces = [] }] of Object.entries(cases)) {
      test(what, async () => {
        const old = (await plugin.check({ ...base, connection: { host: "h" } })).inputs;
        const merged: Wire = { ...old, ...news };
        for (const key of Object.keys(merged)) if (merged[key] === undefined) delete merged[key];
        const answer = await plugin.diff({ ...old, stdout: "", stderr: "" }, old, merged);
        assert.deepEqual(answer.detailed, detailed);
        assert.deepEqual(answer.replaces, replaces);
        assert.equal(answer.changes, Object.keys(detailed).length > 0 ? "some" : "none");
      });
    }

    test("any part of the connection shows as the connection", async () => {
      const old = (await plugin.check({ create: "a", connection: { host: "h" } })).inputs;
      const next = (await plugin.check({ create: "a", connection: { host: "h", dialErrorLimit: 3 } })).inputs;
      const answer = await plugin.diff({ ...old, stdout: "", stderr: "" }, old, next);
      assert.deepEqual(answer.detailed, { connection: "update" });
    });

    test("ignored properties keep their recorded value", async () => {
      const old = (await plugin.check({ create: "a", environment: { A: "1" }, connection: { host: "h" } })).inputs;
      const answer = await plugin.diff(
        { ...old, stdout: "", stderr: "" },
        old,
        { ...old, environment: { A: "2" } },
        "id",
        {
          ignoreChanges: ["environment"],
        },
      );
      assert.deepEqual(answer.detailed, {});
    });
  });
}
