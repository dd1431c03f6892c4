/** SSH connections as `command:remote` makes them. */
import { createHash } from "node:crypto";
import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { AnyAuthMethod, Client, ConnectConfig } from "ssh2";

/** One hop; all optional fields have been filled in by Check. */
export interface Hop {
  host: string;
  user: string;
  port: number;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  agentSocketPath?: string;
  /** How many failed tries are forgiven; -1: all. */
  dialErrorLimit: number;
  /** Seconds for the TCP connection, 0 for no limit. */
  perDialTimeout: number;
  /** One line as in `authorized_keys`; unset: any key is taken. */
  hostKey?: string;
}

export interface Connection extends Hop {
  proxy?: Hop;
}

/** What a dial needs to know of its caller. */
export interface DialContext {
  signal: AbortSignal;
  status(message: string): void;
}

const FIRST_DELAY_MS = 100;
const BACKOFF = 1.5;
const MAX_DELAY_MS = 5000;
/** The official provider waits for ever for a half-open sshd; here a try ends after this. */
const HANDSHAKE_LIMIT_MS = 60_000;
const KEEPALIVE_IDLE_MS = 15_000;
const RSA_ALGORITHMS = ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"];

const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;

function parseHostKey(line: string): { type: string; key: Buffer } {
  const [type, base64] = line.trim().split(/\s+/);
  const key = Buffer.from(base64 ?? "", "base64");
  if (!type || key.length === 0 || !key.includes(type)) throw new Error("failed to parse host key: ssh: no key found");
  return { type, key };
}

const agentOf = (hop: Hop): string | undefined => hop.agentSocketPath ?? (process.env["SSH_AUTH_SOCK"] || undefined);

function authMethods(hop: Hop): AnyAuthMethod[] {
  const { user: username, password, privateKey } = hop;
  const agent = agentOf(hop);
  const methods: AnyAuthMethod[] = [{ type: "none", username }];
  if (privateKey) {
    const passphrase = hop.privateKeyPassword;
    methods.push({ type: "publickey", username, key: privateKey, ...(passphrase ? { passphrase } : {}) });
  }
  if (password) {
    methods.push({ type: "password", username, password });
    methods.push({
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _lang, prompts, finish) => finish(prompts.map(() => password)),
    });
  }
  // Each method is tried once, as by Go: with a private key the agent never gets its turn.
  if (agent && !privateKey) methods.push({ type: "agent", username, agent });
  return methods;
}

function tcp(hop: Hop, signal: AbortSignal): Promise<Socket> {
  const address = `${hop.host.includes(":") ? `[${hop.host}]` : hop.host}:${hop.port}`;
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: hop.host, port: hop.port, noDelay: true });
    const fail = (reason: string) => {
      signal.removeEventListener("abort", cancel);
      socket.destroy();
      reject(new Error(`dial tcp ${address}: ${reason}`));
    };
    const cancel = () => fail("operation was canceled");
    signal.addEventListener("abort", cancel, { once: true });
    if (hop.perDialTimeout > 0) socket.setTimeout(hop.perDialTimeout * 1000, () => fail("i/o timeout"));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      fail(error.code === "ECONNREFUSED" ? "connect: connection refused" : error.message),
    );
    socket.once("connect", () => {
      signal.removeEventListener("abort", cancel);
      socket.removeAllListeners();
      socket.setTimeout(0);
      socket.setKeepAlive(true, KEEPALIVE_IDLE_MS);
      resolve(socket);
    });
  });
}

function failure(error: Error & { level?: string }, hop: Hop, mismatch: string | undefined): Error {
  if (mismatch) return new Error(`ssh: handshake failed: ${mismatch}`);
  if (error.level !== "client-authentication") return new Error(`ssh: handshake failed: ${error.message}`);
  const attempted = [
    "none",
    ...(hop.privateKey || !hop.password ? ["publickey"] : []),
    ...(hop.password ? ["password"] : []),
  ];
  return new Error(
    `ssh: handshake failed: ssh: unable to authenticate, attempted methods [${attempted.join(" ")}], no supported methods remain`,
  );
}

async function handshake(hop: Hop, sock: ConnectConfig["sock"]): Promise<Client> {
  const { Client } = await import("ssh2");
  const expected = hop.hostKey === undefined ? undefined : parseHostKey(hop.hostKey);
  let mismatch: string | undefined;
  const config: ConnectConfig = {
    ...(sock ? { sock } : {}),
    username: hop.user,
    readyTimeout: HANDSHAKE_LIMIT_MS,
    authHandler: authMethods(hop),
  };
  if (expected) {
    const algorithms = expected.type === "ssh-rsa" ? RSA_ALGORITHMS : [expected.type];
    config.algorithms = { serverHostKey: algorithms as never };
    config.hostVerifier = (key: Buffer) => {
      if (key.equals(expected.key)) return true;
      mismatch = `ssh: host key mismatch: ${hop.host} shows ${fingerprint(key)}, hostKey says ${fingerprint(expected.key)}`;
      return false;
    };
  }
  return new Promise((resolve, reject) => {
    const client = new Client();
    let settled = false;
    const fail = (error: Error) => {
      if (settled) return;
      settled = true;
      client.destroy();
      reject(failure(error, hop, mismatch));
    };
    // Errors after the first one, and after the handshake, say nothing new: the channel tells how a command ended.
    client.on("error", fail);
    client.once("close", () => fail(new Error("EOF")));
    client.once("ready", () => {
      settled = true;
      resolve(client);
    });
    client.connect(config);
  });
}

async function retried<T>(what: string, limit: number, context: DialContext, attempt: () => Promise<T>): Promise<T> {
  let delay = FIRST_DELAY_MS;
  for (let tries = 0; ; tries++) {
    context.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (limit > -1 && tries + 1 > limit)
        throw new Error(`after ${tries} failed attempts: ${error instanceof Error ? error.message : String(error)}`);
      context.status(`${what} ${tries + 1}/${limit === -1 ? "inf" : limit} failed: retrying`);
    }
    await sleep(delay, undefined, { signal: context.signal });
    delay = Math.min(delay * BACKOFF, MAX_DELAY_MS);
  }
}

async function dialDirect(what: string, hop: Hop, context: DialContext): Promise<Client> {
  return retried(what, hop.dialErrorLimit, context, async () => handshake(hop, await tcp(hop, context.signal)));
}

async function dialThrough(proxy: Client, target: Hop, context: DialContext): Promise<Client> {
  return retried("Dial from proxy", target.dialErrorLimit, context, async () => {
    const channel = await new Promise<ConnectConfig["sock"]>((resolve, reject) =>
      proxy.forwardOut("127.0.0.1", 0, target.host, target.port, (error, stream) =>
        error ? reject(error) : resolve(stream),
      ),
    );
    return handshake(target, channel);
  });
}

/** An agent that is named but does not answer fails at once, before anything is dialled. */
async function checkAgent(hop: Hop): Promise<void> {
  const path = agentOf(hop);
  if (path === undefined) return;
  await new Promise<void>((resolve, reject) => {
    const socket = connectTcp(path, () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", (error) => reject(new Error(`dial unix ${path}: connect: ${error.message}`)));
  });
}

/** Calls `use` with a connection and closes it afterwards, proxy included. */
export async function withConnection<T>(
  connection: Connection,
  context: DialContext,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  if (connection.hostKey !== undefined) parseHostKey(connection.hostKey);
  await checkAgent(connection);
  if (connection.proxy) await checkAgent(connection.proxy);
  const clients: Client[] = [];
  try {
    if (connection.proxy) {
      try {
        clients.push(await dialDirect("Dial proxy", connection.proxy, context));
        clients.push(await dialThrough(clients[0]!, connection, context));
      } catch (error) {
        throw new Error(`proxy: ${error instanceof Error ? error.message : String(error)}`);
      }
    } else {
      clients.push(await dialDirect("Dial", connection, context));
    }
    return await use(clients.at(-1)!);
  } finally {
    for (const client of clients.reverse()) client.end();
  }
}
