/** One program run on one host over SSH: never fails for a fault of the host, and leaves nothing open. */
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientChannel, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import { Silence } from "./facts";

export interface SessionArgs {
  host: string;
  port: number;
  user: string;
  /** `ssh-ed25519 AAAA…`: the one key that is accepted. */
  hostKey: string;
  /** Private key, PEM or OpenSSH. */
  privateKey: string | undefined;
  /** Path of an agent's socket. */
  agent: string | undefined;
  /** For the login shell. */
  command: string;
  /** Standard input of the command. */
  input: string;
  limits: SessionLimits;
}

export interface SessionLimits {
  /** For one TCP connection. */
  connectMs: number;
  /** From there to a login. */
  loginMs: number;
  /** From the login to the end of the command. */
  commandMs: number;
  outputBytes: number;
}

/** What the command printed before it ended well. */
export interface Answer {
  output: string;
  /** By this machine's clock: when the command was asked for, and when its first output came. */
  askedMs: number;
  answeredMs: number;
}

export interface Failure {
  silence: Silence;
  /** One printable line. */
  detail: string;
}

export type SessionResult = Answer | Failure;

/** Exit code by which the command says that it does not run as root. */
export const NOT_ROOT = 77;

const MAX_DETAIL = 300;

/** Once more where sshd dropped the connection unheard, for too many others were not logged in yet. */
export async function runSession(args: SessionArgs): Promise<SessionResult> {
  const first = await attempt(args);
  if (!("detail" in first) || first.detail !== DROPPED) return first;
  await sleep(500 + Math.random() * 1000);
  return attempt(args);
}

const DROPPED = "the SSH server closed the connection before it said anything";

async function attempt(args: SessionArgs): Promise<SessionResult> {
  const socket = await openSocket(args);
  if (!("write" in socket)) return socket;
  const client = new Client();
  try {
    return await new Conversation(client, socket, args).result;
  } finally {
    client.destroy();
    socket.destroy();
  }
}

function openSocket({ host, port, limits }: SessionArgs): Promise<Socket | Failure> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const fail = (detail: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(failure(Silence.Unreachable, detail));
    };
    const timer = setTimeout(() => fail(`no answer on port ${port} in ${limits.connectMs / 1000} s`), limits.connectMs);
    socket.once("error", (error) => fail(error.message));
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      // Whoever uses it adds a listener of its own; this one outlives that.
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}

/** From the first byte of SSH to the end of the command. */
class Conversation {
  readonly result: Promise<SessionResult>;
  private settle!: (result: SessionResult) => void;
  private heard = false;
  private loggedIn = false;
  private otherKey: Buffer | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly outputs: Buffer[] = [];
  private errors = "";
  private bytes = 0;
  private askedMs = 0;
  private answeredMs = 0;

  constructor(
    private readonly client: Client,
    socket: Socket,
    private readonly args: SessionArgs,
  ) {
    this.result = new Promise((resolve) => {
      this.settle = (result) => {
        clearTimeout(this.timer);
        resolve(result);
      };
    });
    socket.once("data", () => (this.heard = true));
    client.on("error", (error) => this.failed(error));
    client.on("close", () => this.failed(new Error("the connection was closed")));
    client.on("ready", () => this.ask());
    this.within(args.limits.loginMs, () =>
      this.end(Silence.Unreachable, `no login in ${args.limits.loginMs / 1000} s`),
    );
    try {
      client.connect(this.config(socket));
    } catch (error) {
      // Of the whole configuration only the private key can be wrong here.
      this.end(Silence.Authentication, (error as Error).message);
    }
  }

  private config(socket: Socket): ConnectConfig {
    const { user, hostKey, privateKey, agent } = this.args;
    const [type = "", body = ""] = hostKey.split(" ");
    const wanted = Buffer.from(body, "base64");
    return {
      sock: socket,
      username: user,
      privateKey,
      agent,
      readyTimeout: 0,
      algorithms: { serverHostKey: algorithmsOf(type) },
      hostVerifier: (key: Buffer) => {
        if (!key.equals(wanted)) this.otherKey = key;
        return this.otherKey === undefined;
      },
    };
  }

  private ask(): void {
    const { command, input, limits } = this.args;
    this.loggedIn = true;
    this.within(limits.commandMs, () =>
      this.end(Silence.Broken, `not done in ${limits.commandMs / 1000} s. ${this.errors}`),
    );
    this.askedMs = Date.now();
    this.client.exec(command, (error, channel) => {
      if (error) return this.failed(error);
      this.listen(channel);
      channel.end(input);
    });
  }

  private listen(channel: ClientChannel): void {
    channel.on("error", (error: Error) => this.failed(error));
    channel.stderr.on("data", (chunk: Buffer) => (this.errors = (this.errors + chunk.toString()).slice(-4096)));
    channel.on("data", (chunk: Buffer) => {
      this.answeredMs ||= Date.now();
      this.bytes += chunk.length;
      if (this.bytes > this.args.limits.outputBytes)
        this.end(Silence.Broken, `printed more than ${this.args.limits.outputBytes} bytes`);
      else this.outputs.push(chunk);
    });
    channel.on("close", (code: number | undefined) => this.ended(code));
  }

  private ended(code: number | undefined): void {
    const { askedMs, answeredMs } = this;
    if (code === 0) return this.settle({ output: Buffer.concat(this.outputs).toString(), askedMs, answeredMs });
    const isSudo = /^(sudo: .*|.*is not in the sudoers file.*)$/m.exec(this.errors)?.[0];
    if (code === NOT_ROOT || isSudo !== undefined) return this.end(Silence.NotRoot, isSudo ?? this.errors);
    this.end(Silence.Broken, `exit code ${code ?? "unknown"}. ${this.errors}`);
  }

  private failed(error: Error & { level?: string }): void {
    // An agent that does not answer is one way to log in less; the last word comes when there is none left.
    if (error.level === "agent") return;
    const { message } = error;
    if (this.otherKey !== undefined) {
      const wanted = Buffer.from(this.args.hostKey.split(" ")[1] ?? "", "base64");
      return this.end(Silence.HostKey, `${fingerprint(this.otherKey)} instead of ${fingerprint(wanted)}`);
    }
    if (message.includes("no matching host key"))
      return this.end(Silence.HostKey, `it has no ${this.args.hostKey.split(" ")[0]} key`);
    if (this.loggedIn) return this.end(Silence.Broken, `${message}. ${this.errors}`);
    if (error.level === "client-authentication" || /authentication/i.test(message))
      return this.end(Silence.Authentication, message);
    this.end(Silence.Unreachable, this.heard ? message : DROPPED);
  }

  private end(silence: Silence, detail: string): void {
    this.settle(failure(silence, detail));
  }

  private within(limitMs: number, late: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(late, limitMs);
  }
}

/** `SHA256:…`, as ssh-keygen -l says it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

// An RSA key signs by SHA-2 only.
function algorithmsOf(type: string): ServerHostKeyAlgorithm[] {
  return type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type as ServerHostKeyAlgorithm];
}

function failure(silence: Silence, detail: string): Failure {
  // The end says why.
  const line = detail.replace(/[^\x20-\x7e]+/g, " ").trim();
  return { silence, detail: line.length > MAX_DETAIL ? `…${line.slice(-MAX_DETAIL)}` : line };
}
