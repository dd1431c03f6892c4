/** Scripts that reach hosts by the real ssh, from a server in this process; and hosts that are not to be reached. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { startSshServer, type SshServer } from "../../lab/engine/conformance/sshserver";
import { judge, scratch } from "../../test/scratch";
import { localInput, localText } from "./reach";
import { run } from "../../lab/sh";
import type { Script } from "./script";

const LIMIT = { timeout: 120_000 };
const folder = scratch();
let ssh: SshServer;
let other: SshServer;
before(async () => {
  [ssh, other] = [await startSshServer(), await startSshServer()];
});
after(async () => {
  await ssh.close();
  await other.close();
});

interface Reach {
  parts?: string[];
  secrets?: string[];
  variables?: Script["variables"];
  limitSeconds?: number;
  hostKey?: string;
  /** Null for the agent. */
  key?: string | null;
  port?: number;
  hosts?: string[];
  env?: NodeJS.ProcessEnv;
}

/** The script on the host with its folders below a root, from a temporary folder that is looked at afterwards. */
async function reach(reach: Reach = {}) {
  const { parts = [], secrets = [], variables = {}, limitSeconds = 30, hosts = ["cp3"], env = {} } = reach;
  const root = join(folder, String(Math.random()));
  const below = (text: string) =>
    text.replaceAll("/run/kubeadm-ha", `${root}/run`).replaceAll("/var/lib/kubeadm-ha", `${root}/state`);
  await run("mkdir", ["-p", `${root}/run`, `${root}/state`, `${root}/tmp`]);
  const script: Script = { concern: "test", variables, files: [], parts: parts.map(below), limitSeconds };
  const targets = hosts.map((name) => ({ name, sshHost: ssh.host, hostKey: reach.hostKey ?? ssh.hostKey }));
  const access = { user: "root", port: reach.port ?? ssh.port, agent: false, privateKey: undefined };
  const text = localText({ hosts: targets, ssh: access, script, skipped: "nothing was done there: wipe it" });
  const input = below(localInput(reach.key === null ? undefined : (reach.key ?? ssh.clientKey), script, secrets));
  const moved = { TMPDIR: `${root}/tmp`, HOME: `${root}/tmp`, SSH_AUTH_SOCK: undefined, ...env };
  const started = Date.now();
  const result = await judge("bash", ["-c", text], { input, env: moved });
  const left = (await run("ls", ["-A", `${root}/tmp`])).stdout.trim();
  return { ...result, root, left, seconds: (Date.now() - started) / 1000 };
}

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("a script that reaches its host", LIMIT, () => {
  test("runs there with its settings, its secret files and the host's name, and says what it said", async () => {
    const { ok, said, left } = await reach({
      parts: ["stage_secrets", 'say "$NODE_NAME: $WHAT $(cat "$STAGE/secret-0")"', "echo aside >&2"],
      variables: { WHAT: "it's $1", SECRET_FILES: ["/x 0600 root:root"] },
      secrets: ["a secret\n"],
    });
    assert.ok(ok, said);
    assert.equal(said, "cp3: it's $1 a secret\naside");
    assert.equal(left, "", "nothing is left where it ran");
  });

  test("runs on one host after the other", async () => {
    const { ok, said } = await reach({ parts: ['say "here is $NODE_NAME"'], hosts: ["cp3", "cp4"] });
    assert.ok(ok, said);
    assert.equal(said, "here is cp3\nhere is cp4");
  });

  test("gives neither key nor script to any command line, and keeps no file of the key", async () => {
    const key = ssh.clientKey.split("\n")[2]!;
    const { said, left } = await reach({
      parts: [
        `grep -lsF '${key}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null || true`,
        'ls "$TMP_OF_TEST"',
        "grep -lsa A_WORD_OF_THE_SCRIPT /proc/[0-9]*/cmdline | grep -v -e self || true",
      ],
      variables: { TMP_OF_TEST: "/nonexistent" },
    });
    assert.doesNotMatch(said, /\/proc\/\d+\/environ/);
    assert.equal(left, "");
  });

  test("fails with its words when it fails", async () => {
    const { ok, said, left } = await reach({ parts: ["die 'the disk is full'"] });
    assert.ok(!ok);
    assert.match(said, /error: the disk is full\nerror: the script on cp3 failed with exit code 1/);
    assert.equal(left, "");
  });

  test("is ended after its own limit, and says so", async () => {
    const { ok, said } = await reach({ parts: ["sleep 60"], limitSeconds: 1 });
    assert.ok(!ok);
    assert.match(said, /the script on cp3 was ended after 1 s/);
  });
});

describe("a host that cannot be reached", LIMIT, () => {
  test("is skipped with a warning after 20 s of refusals", async () => {
    const { ok, said, left, seconds } = await reach({ port: await closedPort() });
    assert.ok(ok, said);
    assert.match(
      said,
      /^warning: cp3 \(127\.0\.0\.1\) did not answer within 20 s \(.*refused.*\), so nothing was done there: wipe it$/,
    );
    assert.ok(seconds >= 18 && seconds < 40, `${seconds} s`);
    assert.equal(left, "");
  });

  test("is skipped when it takes the connection and says nothing", async () => {
    const silent: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { ok, said, seconds } = await reach({ port: (silent.address() as AddressInfo).port });
    silent.close();
    assert.ok(ok, said);
    assert.match(said, /did not answer within 20 s/);
    assert.ok(seconds < 40, `${seconds} s`);
  });

  test("is skipped at once when it shows another key, of the pinned type or of another one", async () => {
    const ecdsa =
      "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=";
    for (const hostKey of [other.hostKey, ecdsa]) {
      const { ok, said, seconds } = await reach({ hostKey, parts: ["say it ran"] });
      assert.ok(ok, said);
      assert.match(said, /^warning: cp3 \(127\.0\.0\.1\) shows another SSH host key than the pinned one/);
      assert.doesNotMatch(said, /it ran/);
      assert.ok(seconds < 40, `${seconds} s`);
    }
  });

  test("is an error when no other host answers either, unless all are said to be gone", async () => {
    const port = await closedPort();
    const env = { WITNESSES: "127.0.0.1 127.0.0.2" };
    const refused = await reach({ port, env });
    assert.ok(!refused.ok);
    assert.match(refused.said, /neither cp3 \(127\.0\.0\.1\) nor any other host of its cluster answers/);
    const gone = await reach({ port, env: { ...env, KUBEADM_HA_ALL_GONE: "yes" } });
    assert.ok(gone.ok, gone.said);
  });

  test("is an error when it refuses the login, with what to do", async () => {
    const { ok, said } = await reach({ key: other.clientKey });
    assert.ok(!ok);
    assert.match(said, /error: cp3 \(127\.0\.0\.1\) refuses the login as root with the configured private key/);
  });

  test("is an error when there is no agent although the agent is to be used", async () => {
    const { ok, said } = await reach({ key: null });
    assert.ok(!ok);
    assert.match(said, /SSH_AUTH_SOCK is not set/);
  });
});

test("the machine of Pulumi needs OpenSSH's client, and is told so", async () => {
  const input = localInput(undefined, { concern: "t", variables: {}, files: [], parts: [], limitSeconds: 1 }, []);
  const access = { user: "root", port: 22, agent: true, privateKey: undefined };
  const script: Script = { concern: "t", variables: {}, files: [], parts: [], limitSeconds: 1 };
  const text = localText({ hosts: [], ssh: access, script, skipped: "" });
  const path = join(folder, "bin");
  await run("bash", [
    "-c",
    `mkdir -p ${path} && for p in bash base64 mktemp; do ln -s $(command -v $p) ${path}/$p; done`,
  ]);
  const { ok, said } = await judge("bash", ["-c", text], { input, env: { PATH: path } });
  assert.ok(!ok);
  assert.match(said, /the machine that runs Pulumi has no ssh: install OpenSSH's client/);
  assert.ok(existsSync(path) && readFileSync(join(__dirname, "reach.sh"), "utf8").length > 0);
});
