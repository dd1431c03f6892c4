/** `command:local:Command`: runs on this machine. */
import assert from "node:assert/strict";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { implementations } from "../conformance/plugins";
import { Plugin, secret, UNKNOWN, type Wire } from "../conformance/plugin";

const LIMIT = { timeout: 120_000 };

for (const { title, executable } of implementations("command")) {
  describe(`${title}: local`, LIMIT, () => {
    let plugin: Plugin;
    const folder = mkdtempSync(`${realpathSync(tmpdir())}/kubeadm-ha-local-`);
    before(async () => {
      plugin = await Plugin.start(await executable(), "command:local:Command", {}, { OF_THE_PROVIDER: "inherited" });
    });
    after(async () => {
      await plugin.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(() => (plugin.logs.length = 0));

    const created = async (more: Wire) => {
      const { inputs: checked, failures } = await plugin.check(more);
      assert.deepEqual(failures, []);
      return { checked, ...(await plugin.create(checked)) };
    };
    const stdout = async (more: Wire) => (await created(more)).state["stdout"];
    const refused = async (more: Wire, words: RegExp) => {
      const { inputs: checked } = await plugin.check(more);
      await assert.rejects(plugin.create(checked), words);
    };

    test("Check takes every input, needs none and fills in none", async () => {
      const inputs = {
        ...{ create: "c", update: "u", delete: "d", stdin: secret("s"), logging: "none", triggers: [1, "2"] },
        ...{ interpreter: ["bash", "-c"], dir: "/", environment: { A: "1" }, addPreviousOutputInEnv: false },
        ...{ assetPaths: ["*"], archivePaths: ["*"] },
      };
      for (const news of [{}, inputs]) assert.deepEqual(await plugin.check(news), { inputs: news, failures: [] });
    });

    for (const [what, news] of Object.entries({
      "an unknown property": { connection: { host: "h" } },
      "a number as command": { create: 7 },
      "a text as interpreter": { interpreter: "bash" },
    } as Record<string, Wire>)) {
      test(`Check refuses ${what}`, async () => {
        assert.notEqual((await plugin.check(news)).failures.length, 0);
      });
    }

    test("Create runs the command by /bin/sh and trims one newline of each output", async () => {
      const { id, state, checked } = await created({ create: 'echo out; echo; echo "$0" >&2' });
      assert.match(id, /^x[0-9a-f]{8}$/);
      assert.deepEqual(state, { ...checked, stdout: "out\n", stderr: "/bin/sh" });
    });

    test("without a command nothing runs, at creation, at an update and at the end", async () => {
      const first = await created({ stdin: "a" });
      assert.deepEqual(first.state, { stdin: "a", stdout: "", stderr: "" });
      const again = await plugin.update(first.id, first.state, first.checked, { stdin: "b" });
      assert.deepEqual(again, { stdin: "b", stdout: "", stderr: "" });
      await plugin.delete(first.id, again, { stdin: "b" });
    });

    test("an interpreter of the resource's own gets the command as its last argument", async () => {
      assert.equal(await stdout({ create: "a  b", interpreter: ["printf", "%s|", "x"] }), "x|a  b|");
    });

    test("standard input arrives whole, or is empty", async () => {
      const text = "0123456789abcde\n".repeat(37_500);
      assert.equal(await stdout({ create: "wc -c | tr -d ' '", stdin: secret(text), logging: "none" }), "600000");
      assert.equal(await stdout({ create: "wc -c | tr -d ' '" }), "0");
    });

    test("a command that does not read its input ends well all the same", async () => {
      assert.equal(await stdout({ create: "exec <&-; echo done", stdin: "x".repeat(500_000) }), "done");
    });

    test("the folder is the resource's or the provider's", async () => {
      assert.equal(await stdout({ create: "pwd -P", dir: folder }), folder);
      assert.equal(await stdout({ create: "pwd -P" }), realpathSync(process.cwd()));
      await refused({ create: "true", dir: "/nonexistent" }, /chdir \/nonexistent: no such file or directory/);
    });

    test("the environment is the provider's with the resource's variables", async () => {
      const create = 'echo "$OF_THE_PROVIDER $OWN"';
      assert.equal(await stdout({ create, environment: { OWN: "own" } }), "inherited own");
      assert.equal(await stdout({ create, environment: { OF_THE_PROVIDER: "other" } }), "other ");
    });

    test("a failing command shows its status, itself and what it printed", async () => {
      await refused({ create: 'echo "one"; exit 7' }, /exit status 7: running "echo \\"one\\"; exit 7":\none\n/);
      await refused({ create: "kill -KILL $$" }, /signal: killed: running/);
      await refused(
        { create: "x", interpreter: ["no-such-program"] },
        /"no-such-program": executable file not found in \$PATH/,
      );
    });

    test("secret input stays secret and output does not become so", async () => {
      const { state } = await created({ create: "cat", stdin: secret("hunter2") });
      assert.deepEqual([state["stdin"], state["stdout"]], [secret("hunter2"), "hunter2"]);
    });

    test("the preview of a creation leaves both outputs unknown and runs nothing", async () => {
      const { inputs: checked } = await plugin.check({ create: `touch ${folder}/preview`, delete: "x" });
      const { state } = await plugin.create(checked, { preview: true });
      assert.deepEqual(state, { ...checked, stdout: UNKNOWN, stderr: UNKNOWN });
      assert.equal(await stdout({ create: `ls ${folder}` }), "");
    });

    test("Update runs update, or create without it, and sees the output before unless it must not", async () => {
      const first = await created({ create: "echo first" });
      const updated = async (news: Wire) => (await plugin.update(first.id, first.state, first.checked, news))["stdout"];
      const create = "echo create:$PULUMI_COMMAND_STDOUT";
      assert.equal(await updated({ create }), "create:first");
      assert.equal(await updated({ create, update: "echo update:$PULUMI_COMMAND_STDOUT" }), "update:first");
      assert.equal(await updated({ create, addPreviousOutputInEnv: false }), "create:");
    });

    test("Delete runs the recorded command with the recorded input, folder and environment", async () => {
      const inputs = {
        delete: 'cat >gone; echo "$WHO" >>gone',
        stdin: secret("bye "),
        dir: folder,
        environment: { WHO: "w1" },
      };
      const first = await created(inputs);
      assert.equal(await stdout({ create: "ls", dir: folder }), "");
      await plugin.delete(first.id, first.state, first.checked);
      assert.equal(await stdout({ create: "cat gone; rm gone", dir: folder }), "bye w1");
    });

    test("a Delete that fails says so", async () => {
      const first = await created({ delete: "echo why; exit 3" });
      await assert.rejects(
        plugin.delete(first.id, first.state, first.checked),
        /exit status 3: running "echo why; exit 3":\nwhy/,
      );
    });

    test("Read returns the state as it is", async () => {
      const first = await created({ create: "echo x" });
      const read = await plugin.read(first.id, first.state, first.checked);
      assert.deepEqual(read, { id: first.id, state: first.state, inputs: first.checked });
    });

    for (const [logging, lines] of Object.entries({
      stdout: ["one"],
      stderr: ["two"],
      stdoutAndStderr: ["one", "two"],
      none: [],
    })) {
      test(`logging ${logging} shows ${lines.join(" and ") || "nothing"}, as status`, async () => {
        await created({ create: "echo one; echo two >&2", logging });
        assert.deepEqual(plugin.logs.map(({ message }) => message).sort(), lines);
        assert.ok(plugin.logs.every(({ status, severity }) => status && severity === 1));
      });
    }

    for (const [what, { news, detailed, replaces = [] }] of Object.entries({
      "no change": { news: {}, detailed: {} },
      delete: { news: { delete: "e" }, detailed: { delete: "update" } },
      interpreter: { news: { interpreter: ["bash", "-c"] }, detailed: { "interpreter[0]": "update" } },
      dir: { news: { dir: "/tmp" }, detailed: { dir: "add" } },
      environment: { news: { environment: { A: "2" } }, detailed: { "environment.A": "update" } },
      "an element of triggers": { news: { triggers: ["2"] }, detailed: { "triggers[0]": "update" } },
      "triggers removed": {
        news: { triggers: undefined },
        detailed: { triggers: "delete-replace" },
        replaces: ["triggers"],
      },
    } as Record<string, { news: Wire; detailed: Record<string, string>; replaces?: string[] }>)) {
      test(`Diff: ${what}`, async () => {
        const old = { create: "a", delete: "d", interpreter: ["sh", "-c"], environment: { A: "1" }, triggers: ["1"] };
        const merged: Wire = { ...old, ...news };
        for (const key of Object.keys(merged)) if (merged[key] === undefined) delete merged[key];
        const answer = await plugin.diff({ ...old, stdout: "", stderr: "" }, old, merged);
        assert.deepEqual([answer.detailed, answer.replaces], [detailed, replaces]);
      });
    }

    test("a run that is cancelled ends the command", async () => {
      const own = await Plugin.start(await executable(), "command:local:Command");
      const run = own.create((await own.check({ create: "exec sleep 60", logging: "none" })).inputs);
      await sleep(500);
      await Promise.all([assert.rejects(run), own.cancel()]);
      await own.stop();
    });
  });
}
