/** `command:remote:Command` against a real SSH server in this process. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { implementations } from "../conformance/plugins";
import { Plugin, secret, UNKNOWN, type Wire } from "../conformance/plugin";
import { startSshServer, type SshServer } from "../conformance/sshserver";

const TYPE = "command:remote:Command";
const LIMIT = { timeout: 120_000 };

for (const { title, executable } of implementations("command")) {
  describe(title, LIMIT, () => {
    let plugin: Plugin;
    let ssh: SshServer;
    before(async () => {
      ssh = await startSshServer({ acceptEnv: ["ALLOWED", "PULUMI_COMMAND_STDOUT"], password: "pässword" });
      plugin = await Plugin.start(await executable(), TYPE);
    });
    after(async () => {
      await plugin.stop();
      await ssh.close();
    });

    const connection = (more: Wire = {}): Wire =>
      secret({
        host: ssh.host,
        port: ssh.port,
        user: "root",
        privateKey: secret(ssh.clientKey),
        hostKey: ssh.hostKey,
        dialErrorLimit: 1,
        perDialTimeout: 5,
        ...more,
      });
    const inputs = (more: Wire = {}): Wire => ({ connection: connection(), logging: "none", ...more });
    const created = async (more: Wire) => {
      const checked = (await plugin.check(inputs(more))).inputs;
      return { checked, ...(await plugin.create(checked)) };
    };

    test("Check fills in the connection's defaults and keeps secrets secret", async () => {
      const { inputs: checked, failures } = await plugin.check({
        create: "true",
        connection: { host: "h", password: "p" },
      });
      assert.deepEqual(failures, []);
      assert.deepEqual(checked, {
        create: "true",
        connection: secret({
          host: "h",
          password: secret("p"),
          user: "root",
          port: 22,
          dialErrorLimit: 10,
          perDialTimeout: 15,
        }),
      });
    });

    test("Check lets unknown inputs pass", async () => {
      const { inputs: checked, failures } = await plugin.check({ create: UNKNOWN, connection: UNKNOWN });
      assert.deepEqual(failures, []);
      assert.deepEqual(checked, { create: UNKNOWN, connection: secret(UNKNOWN) });
    });

    test("Check takes what is secret and unknown for empty", async () => {
      const { inputs: checked } = await plugin.check({
        create: "x",
        connection: secret(UNKNOWN),
        stdin: secret(UNKNOWN),
      });
      const defaults = { host: "", user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 };
      assert.deepEqual(checked, { create: "x", connection: secret(defaults), stdin: secret("") });
    });

    test("Check keeps an unknown host inside a known connection", async () => {
      const { inputs: checked } = await plugin.check({ create: "x", connection: secret({ host: UNKNOWN, user: "u" }) });
      assert.deepEqual(
        checked["connection"],
        secret({ host: UNKNOWN, user: "u", port: 22, dialErrorLimit: 10, perDialTimeout: 15 }),
      );
    });

    for (const [what, news] of Object.entries({
      "a missing connection": { create: "x" },
      "an unknown property": { create: "x", connection: { host: "h" }, nonsense: 1 },
      "a number as command": { create: 7, connection: { host: "h" } },
      "a connection without host": { create: "x", connection: { user: "u" } },
    } as Record<string, Wire>)) {
      test(`Check refuses ${what}`, async () => {
        const { failures } = await plugin.check(news);
        assert.notEqual(failures.length, 0);
      });
    }

    test("Create runs the command and trims one newline", async () => {
      const { id, state, checked } = await created({ create: "echo out; echo; echo err >&2" });
      assert.match(id, /^x[0-9a-f]{8}$/);
      assert.deepEqual(state, { ...checked, stdout: "out\n", stderr: "err" });
    });

    test("the preview of a creation leaves both outputs unknown and runs nothing", async () => {
      const before = ssh.seen.commands.length;
      const { checked } = { checked: (await plugin.check(inputs({ create: "echo no" }))).inputs };
      const { state } = await plugin.create(checked, { preview: true });
      assert.deepEqual(state, { ...checked, stdout: UNKNOWN, stderr: UNKNOWN });
      assert.equal(ssh.seen.commands.length, before);
    });

    test("a failing command shows its status, itself and what it printed", async () => {
      const { inputs: checked } = await plugin.check(inputs({ create: 'echo "one"\necho two >&2; exit 7' }));
      await assert.rejects(plugin.create(checked), (error: Error) => {
        assert.match(error.message, /Process exited with status 7: running "echo \\"one\\"\\necho two >&2; exit 7":\n/);
        assert.match(error.message, /one\n/);
        assert.match(error.message, /two\n/);
        return true;
      });
    });

    test("a command that a signal ends says so", async () => {
      const { inputs: checked } = await plugin.check(inputs({ create: "kill -KILL $$" }));
      await assert.rejects(plugin.create(checked), /Process exited with status 137 from signal KILL: running/);
    });

    test("stdin of 600 kB arrives whole", async () => {
      const text = "0123456789abcde\n".repeat(37_500);
      const { state } = await created({ create: "wc -c", stdin: text });
      assert.equal(String(state["stdout"]).trim(), "600000");
    });

    test("secret stdin stays secret and its output does not become so", async () => {
      const { state } = await created({ create: "cat", stdin: secret("hunter2") });
      assert.deepEqual([state["stdin"], state["stdout"]], [secret("hunter2"), "hunter2"]);
    });

    test("an accepted variable is set, a refused one fails before the command runs", async () => {
      const { state } = await created({ create: 'echo "$ALLOWED"', environment: { ALLOWED: "a b" } });
      assert.equal(state["stdout"], "a b");
      const before = ssh.seen.commands.length;
      const { inputs: checked } = await plugin.check(inputs({ create: "true", environment: { REFUSED: "1" } }));
      await assert.rejects(plugin.create(checked), /could not set environment variable "REFUSED": ssh: setenv failed/);
      assert.equal(ssh.seen.commands.length, before);
    });

    test("Update runs update, or create without it, and sees the output before", async () => {
      const first = await created({ create: "echo first" });
      const next = (await plugin.check(inputs({ create: "echo second:$PULUMI_COMMAND_STDOUT" }))).inputs;
      const again = await plugin.update(first.id, first.state, first.checked, next);
      assert.equal(again["stdout"], "second:first");
      const upgrade = (
        await plugin.check(
          inputs({ create: "echo first", update: "echo up:$PULUMI_COMMAND_STDOUT", addPreviousOutputInEnv: false }),
        )
      ).inputs;
      assert.equal((await plugin.update(first.id, first.state, first.checked, upgrade))["stdout"], "up:");
    });

    test("the preview of an update makes outputs unknown when a recorded input changes, not when one is added", async () => {
      const first = await created({ create: "echo first" });
      const changed = { ...first.checked, create: "echo other" };
      const preview = await plugin.update(first.id, first.state, first.checked, changed, { preview: true });
      assert.deepEqual([preview["stdout"], preview["stderr"]], [UNKNOWN, UNKNOWN]);
      const added = { ...first.checked, update: "echo new" };
      const kept = await plugin.update(first.id, first.state, first.checked, added, { preview: true });
      assert.deepEqual([kept["stdout"], kept["stderr"]], ["first", ""]);
    });

    test("Delete runs the recorded command; without one it does not connect", async () => {
      const first = await created({ create: "true", delete: "echo bye" });
      await plugin.delete(first.id, first.state, first.checked);
      assert.equal(ssh.seen.commands.at(-1), "echo bye");
      const { connections } = ssh.seen;
      const other = { ...first.state };
      delete other["delete"];
      await plugin.delete(first.id, other, first.checked);
      assert.equal(ssh.seen.connections, connections);
    });

    test("Read returns the state as it is", async () => {
      const first = await created({ create: "echo x" });
      const read = await plugin.read(first.id, first.state, first.checked);
      assert.deepEqual(read, { id: first.id, state: first.state, inputs: first.checked });
    });

    test("output is logged line by line as status, unless logging says otherwise", async () => {
      plugin.logs.length = 0;
      const { inputs: checked } = await plugin.check({ create: "echo one; echo two >&2", connection: connection() });
      await plugin.create(checked);
      assert.deepEqual(plugin.logs.map(({ message }) => message).sort(), ["one", "two"]);
      assert.ok(plugin.logs.every(({ status, severity }) => status && severity === 1));
      plugin.logs.length = 0;
      await created({ create: "echo one; echo two >&2", logging: "stderr" });
      assert.deepEqual(
        plugin.logs.map(({ message }) => message),
        ["two"],
      );
    });

    test("a wrong host key is refused", async () => {
      const other = await startSshServer();
      const { inputs: checked } = await plugin.check(
        inputs({ create: "true", connection: connection({ hostKey: other.hostKey }) }),
      );
      await assert.rejects(
        plugin.create(checked),
        /after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch/,
      );
      await other.close();
    });

    test("without hostKey any host is taken", async () => {
      const { inputs: checked } = await plugin.check(
        inputs({ create: "echo ok", connection: { host: ssh.host, port: ssh.port, privateKey: ssh.clientKey } }),
      );
      assert.equal((await plugin.create(checked)).state["stdout"], "ok");
    });

    test("a password opens the door, a wrong one does not", async () => {
      const by = (password: string) =>
        inputs({ create: "echo in", connection: { host: ssh.host, port: ssh.port, password, dialErrorLimit: 0 } });
      assert.equal((await plugin.create((await plugin.check(by("pässword"))).inputs)).state["stdout"], "in");
      await assert.rejects(
        plugin.create((await plugin.check(by("no"))).inputs),
        /ssh: handshake failed: ssh: unable to authenticate, attempted methods \[none password\], no supported methods remain/,
      );
    });

    test("a refused connection is tried dialErrorLimit times more", async () => {
      const closed = await startSshServer();
      await closed.close();
      const { inputs: checked } = await plugin.check(
        inputs({ create: "true", connection: connection({ port: closed.port, dialErrorLimit: 2 }) }),
      );
      await assert.rejects(
        plugin.create(checked),
        new RegExp(`after 2 failed attempts: dial tcp 127.0.0.1:${closed.port}: connect: connection refused`),
      );
    });
  });
}
