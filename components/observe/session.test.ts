/** What a session comes to, whatever the other end does; and that nothing stays open. */
import assert from "node:assert/strict";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerChannel } from "ssh2";
import { testHostKey } from "../spec/fixture";
import { Silence } from "./facts";
import { runSession, type Failure, type SessionArgs } from "./session";
import { ending, printing, simulateHosts, type Serve, type SimulatedHosts } from "./simulated";

const LIMIT = { timeout: 60_000 };
const started: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

async function hosts(...args: Parameters<typeof simulateHosts>): Promise<SimulatedHosts> {
  const server = await simulateHosts(...args);
  started.push(server);
  return server;
}

async function listening(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  started.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(done));
    },
  });
  return (server.address() as AddressInfo).port;
}

function argsFor(server: Pick<SimulatedHosts, "port" | "hostKey" | "clientKey">): SessionArgs {
  return {
    host: "127.0.0.1",
    port: server.port,
    user: "root",
    hostKey: server.hostKey,
    privateKey: server.clientKey,
    agent: undefined,
    command: "bash -s",
    input: "echo",
    limits: { connectMs: 5000, loginMs: 5000, commandMs: 5000, outputBytes: 100_000 },
  };
}

async function failureOf(args: SessionArgs): Promise<Failure> {
  const result = await runSession(args);
  assert.ok("silence" in result, "the session has failed");
  assert.match(result.detail, /^[\x20-\x7e…]{1,301}$/);
  return result;
}

/** The failure of a session whose command does this; the connection has to be closed afterwards. */
async function failureWith(serve: Serve, change: Partial<SessionArgs["limits"]> = {}): Promise<Failure> {
  const server = await hosts(serve);
  const args = argsFor(server);
  const failure = await failureOf({ ...args, limits: { ...args.limits, ...change } });
  for (let i = 0; i < 100 && server.seen.open > 0; i++) await sleep(20);
  assert.equal(server.seen.open, 0, "no connection is left");
  return failure;
}

for (const type of ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"] as const)
  test(`a host with a key of type ${type} answers`, LIMIT, async () => {
    const server = await hosts((channel, command, input) => ending(channel, 0, `${command}|${input}`), type);
    const before = Date.now();
    const result = await runSession(argsFor(server));
    assert.ok("output" in result);
    assert.equal(result.output, "bash -s|echo");
    assert.ok(before <= result.askedMs && result.askedMs <= result.answeredMs && result.answeredMs <= Date.now());
  });

test("another host key ends the session before the login, both fingerprints named", LIMIT, async () => {
  const server = await hosts(printing("facts"));
  const { silence, detail } = await failureOf({ ...argsFor(server), hostKey: testHostKey("other") });
  assert.equal(silence, Silence.HostKey);
  assert.match(detail, /^SHA256:[A-Za-z0-9+/]{43} instead of SHA256:[A-Za-z0-9+/]{43}$/);
});

test("a host without a key of the wanted type is another host", LIMIT, async () => {
  const server = await hosts(printing("facts"), "ecdsa-sha2-nistp256");
  const { silence, detail } = await failureOf({ ...argsFor(server), hostKey: testHostKey("other") });
  assert.deepEqual([silence, detail], [Silence.HostKey, "it has no ssh-ed25519 key"]);
});

test("a closed port is unreachable", LIMIT, async () => {
  const server = await simulateHosts(printing(""));
  await server.close();
  const { silence, detail } = await failureOf(argsFor(server));
  assert.equal(silence, Silence.Unreachable);
  assert.match(detail, /ECONNREFUSED/);
});

test("a server that accepts and says nothing is unreachable, and not asked twice", LIMIT, async () => {
  let connections = 0;
  const port = await listening(() => connections++);
  const args = argsFor({ port, hostKey: testHostKey("a"), clientKey: "" });
  const { silence, detail } = await failureOf({
    ...args,
    privateKey: undefined,
    limits: { ...args.limits, loginMs: 200 },
  });
  assert.deepEqual([silence, detail, connections], [Silence.Unreachable, "no login in 0.2 s", 1]);
});

test("a connection that is dropped unheard is made once more", LIMIT, async () => {
  const server = await hosts(printing("facts"));
  let connections = 0;
  const port = await listening((socket) => {
    if (connections++ === 0) socket.destroy();
    else socket.pipe(connect(server.port, "127.0.0.1")).pipe(socket);
  });
  const result = await runSession({ ...argsFor(server), port });
  assert.deepEqual(["output" in result && result.output, connections], ["facts", 2]);
});

test("a server that drops every connection is unreachable", LIMIT, async () => {
  let connections = 0;
  const port = await listening((socket) => {
    connections++;
    socket.destroy();
  });
  const { silence } = await failureOf({
    ...argsFor({ port, hostKey: testHostKey("a"), clientKey: "" }),
    privateKey: undefined,
  });
  assert.deepEqual([silence, connections], [Silence.Unreachable, 2]);
});

test("something else than an SSH server is unreachable", LIMIT, async () => {
  const port = await listening((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const { silence } = await failureOf({
    ...argsFor({ port, hostKey: testHostKey("a"), clientKey: "" }),
    privateKey: undefined,
  });
  assert.equal(silence, Silence.Unreachable);
});

test("a key that is not let in", LIMIT, async () => {
  const server = await hosts(printing("facts"));
  const other = await hosts(printing("facts"));
  const { silence } = await failureOf({ ...argsFor(server), privateKey: other.clientKey });
  assert.equal(silence, Silence.Authentication);
});

test("a private key that is none, and an agent that is not there", LIMIT, async () => {
  const server = await hosts(printing("facts"));
  const broken = await failureOf({ ...argsFor(server), privateKey: "-----BEGIN PRIVATE KEY-----\nsecret\n" });
  assert.equal(broken.silence, Silence.Authentication);
  assert.doesNotMatch(broken.detail, /secret/);
  const lonely = await failureOf({ ...argsFor(server), privateKey: undefined, agent: "/nonexistent/agent" });
  assert.equal(lonely.silence, Silence.Authentication);
});

test("an agent that is not there does not matter beside a key", LIMIT, async () => {
  const server = await hosts(printing("facts"));
  const result = await runSession({ ...argsFor(server), agent: "/nonexistent/agent" });
  assert.ok("output" in result);
});

test("sudo that asks for a password, and a user that is not root", LIMIT, async () => {
  const sudo = await failureWith((channel) => ending(channel, 1, "", "sudo: a password is required\n"));
  assert.deepEqual(sudo, { silence: Silence.NotRoot, detail: "sudo: a password is required" });
  const user = await failureWith((channel) => ending(channel, 77, "", "error: not root\n"));
  assert.deepEqual(user, { silence: Silence.NotRoot, detail: "error: not root" });
});

test("a command that fails is told with the end of its errors, printable", LIMIT, async () => {
  const errors = `${"x".repeat(5000)}\n\x1b[31mbash: timeout: command not found\x07\n`;
  const { silence, detail } = await failureWith((channel) => ending(channel, 127, "", errors));
  assert.equal(silence, Silence.Broken);
  assert.match(detail, /bash: timeout: command not found$/);
});

test("a command that ends by a signal, and a connection that breaks", LIMIT, async () => {
  const killed = await failureWith((channel) => {
    channel.exit("KILL", false, "");
    channel.end();
  });
  assert.equal(killed.silence, Silence.Broken);
  const broken = await failureWith((channel) =>
    (channel as ServerChannel & { _client: { end(): void } })._client.end(),
  );
  assert.equal(broken.silence, Silence.Broken);
});

test("a command that hangs is cut off", LIMIT, async () => {
  const { silence, detail } = await failureWith((channel) => channel.write("{"), { commandMs: 200 });
  assert.deepEqual([silence, detail], [Silence.Broken, "not done in 0.2 s."]);
});

test("a command that prints without end is cut off", LIMIT, async () => {
  const { silence, detail } = await failureWith((channel) => {
    const more = () => {
      while (!channel.destroyed && channel.write(Buffer.alloc(10_000)));
    };
    channel.on("drain", more);
    more();
  });
  assert.deepEqual([silence, detail], [Silence.Broken, "printed more than 100000 bytes"]);
});
