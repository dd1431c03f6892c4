/** How `command:remote:Command` connects: through a proxy, how often, and what it leaves behind. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { implementations } from "../conformance/plugins";
import { Plugin, secret, type Wire } from "../conformance/plugin";
import { startSshServer, type SshServer } from "../conformance/sshserver";

const LIMIT = { timeout: 120_000 };
const TYPE = "command:remote:Command";
const hop = ({ host, port, clientKey, hostKey }: SshServer): Wire => ({
  host,
  port,
  hostKey,
  privateKey: clientKey,
  dialErrorLimit: 1,
});

for (const { title, executable } of implementations("command")) {
  describe(`${title}: connections`, LIMIT, () => {
    let plugin: Plugin;
    let [target, proxy]: SshServer[] = [];
    before(async () => {
      [target, proxy] = [await startSshServer(), await startSshServer()];
      plugin = await Plugin.start(await executable(), TYPE);
    });
    after(async () => {
      await plugin.stop();
      await target?.close();
      await proxy?.close();
    });

    test("a proxy carries the connection", async () => {
      const connection = secret({ ...hop(target!), proxy: hop(proxy!) });
      const { inputs } = await plugin.check({ create: "echo through", logging: "none", connection });
      assert.equal((await plugin.create(inputs)).state["stdout"], "through");
      assert.deepEqual([proxy!.seen.connections, target!.seen.commands], [1, ["echo through"]]);
    });

    test("a proxy that refuses is named", async () => {
      const connection = secret({ ...hop(target!), proxy: { ...hop(proxy!), hostKey: target!.hostKey } });
      const { inputs } = await plugin.check({ create: "true", logging: "none", connection });
      await assert.rejects(
        plugin.create(inputs),
        /proxy: after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch/,
      );
    });

    test("an agent that is not there fails at once", async () => {
      const { host, port } = target!;
      const connection = secret({ host, port, agentSocketPath: "/nonexistent/agent" });
      const { inputs } = await plugin.check({ create: "true", logging: "none", connection });
      await assert.rejects(plugin.create(inputs), /nonexistent/);
    });
  });
}

/** Where the stand-in is meant to be kinder than the official plugin, which leaks, hangs and does not listen. */
describe("command stand-in: better manners", LIMIT, () => {
  const [standin] = implementations("command");
  let ssh: SshServer;
  const started: Plugin[] = [];
  before(async () => {
    ssh = await startSshServer();
  });
  afterEach(async () => {
    for (const plugin of started.splice(0)) await plugin.stop();
  });
  after(() => ssh.close());

  const start = async (): Promise<Plugin> => {
    const plugin = await Plugin.start(await standin!.executable(), TYPE);
    started.push(plugin);
    return plugin;
  };

  test("the connection is closed when the command has ended", async () => {
    const plugin = await start();
    const { inputs } = await plugin.check({ create: "true", logging: "none", connection: secret(hop(ssh)) });
    await plugin.create(inputs);
    for (let i = 0; i < 100 && ssh.seen.open > 0; i++) await sleep(20);
    assert.equal(ssh.seen.open, 0);
  });

  test("a line on which the official plugin hangs is an error that says so", async () => {
    const plugin = await start();
    const { inputs } = await plugin.check({
      create: "head -c 70000 /dev/zero | tr '\\0' x",
      connection: secret(hop(ssh)),
    });
    await assert.rejects(plugin.create(inputs), /a line of 65536 bytes or more was logged.*set logging to "none"/);
  });

  test("Cancel ends the running command", async () => {
    const plugin = await start();
    const pidFile = join(mkdtempSync(join(tmpdir(), "kubeadm-ha-cancel-")), "pid");
    const create = `echo $$ >${pidFile}; exec sleep 60`;
    const { inputs } = await plugin.check({ create, logging: "none", connection: secret(hop(ssh)) });
    const creation = plugin.create(inputs).then(
      () => undefined,
      (error: Error) => error,
    );
    for (let i = 0; i < 500 && !existsSync(pidFile); i++) await sleep(20);
    const pid = Number(readFileSync(pidFile, "utf8"));
    await plugin.cancel();
    assert.match((await creation)!.message, /cancelled: running "echo/);
    for (let i = 0; i < 250 && existsSync(`/proc/${pid}`); i++) await sleep(20);
    assert.ok(!existsSync(`/proc/${pid}`), "the process has ended");
    rmSync(dirname(pidFile), { recursive: true });
  });

  test("a command may end without reading its input", async () => {
    const plugin = await start();
    const stdin = "x".repeat(3_000_000);
    const { inputs } = await plugin.check({
      create: "exec 0<&-; echo done",
      stdin,
      logging: "none",
      connection: secret(hop(ssh)),
    });
    assert.equal((await plugin.create(inputs)).state["stdout"], "done");
  });
});
