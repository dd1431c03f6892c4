/** An SSH server in this process that runs commands with /bin/sh. */
import { spawn } from "node:child_process";
import { connect, type AddressInfo } from "node:net";
import { Server, utils, type Connection, type ServerChannel } from "ssh2";

export interface SshOptions {
  /** Variables that `env` requests may set, as AcceptEnv does. */
  acceptEnv?: string[];
  /** Accepted besides the client key. */
  password?: string;
}

export interface SshServer {
  host: string;
  port: number;
  /** `ssh-ed25519 AAAA…` of the server. */
  hostKey: string;
  /** A private key that it accepts. */
  clientKey: string;
  /** Connections made so far, and those that are open now. */
  seen: { connections: number; open: number; commands: string[] };
  close(): Promise<void>;
}

const SIGNAL_BY_CODE: Record<string, string> = { SIGTERM: "TERM", SIGKILL: "KILL", SIGINT: "INT", SIGHUP: "HUP" };

function runCommand(
  channel: ServerChannel,
  command: string,
  env: NodeJS.ProcessEnv,
  onChild: (kill: (signal: string) => void) => void,
): void {
  const child = spawn("/bin/sh", ["-c", command], { env: { PATH: process.env.PATH, ...env }, detached: true });
  onChild((signal) => {
    try {
      process.kill(-child.pid!, `SIG${signal}` as NodeJS.Signals);
    } catch {
      // It has ended.
    }
  });
  channel.pipe(child.stdin);
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk: Buffer) => channel.write(chunk));
  child.stderr.on("data", (chunk: Buffer) => channel.stderr.write(chunk));
  child.on("close", (code, signal) => {
    if (code === null) channel.exit(SIGNAL_BY_CODE[signal ?? ""] ?? "KILL", false, "");
    else channel.exit(code);
    channel.end();
  });
}

function serveSession(connection: Connection, options: SshOptions, seen: SshServer["seen"]): void {
  connection.on("session", (accept) => {
    const session = accept();
    const env: NodeJS.ProcessEnv = {};
    let kill: ((signal: string) => void) | undefined;
    session.on("env", (acceptEnv, reject, info) => {
      if (!options.acceptEnv?.includes(info.key)) return reject?.();
      env[info.key] = info.val;
      acceptEnv?.();
    });
    session.on("signal", (acceptSignal, _reject, info) => {
      kill?.(info.name.replace(/^SIG/, ""));
      acceptSignal?.();
    });
    session.on("exec", (acceptExec, _reject, info) => {
      seen.commands.push(info.command);
      runCommand(acceptExec(), info.command, env, (killer) => (kill = killer));
    });
    session.on("close", () => kill?.("HUP"));
  });
}

/** Listens on a free port of 127.0.0.1. */
export function startSshServer(options: SshOptions = {}): Promise<SshServer> {
  const [host, client] = [utils.generateKeyPairSync("ed25519"), utils.generateKeyPairSync("ed25519")];
  const allowed = utils.parseKey(client.public);
  if (allowed instanceof Error) throw allowed;
  const seen: SshServer["seen"] = { connections: 0, open: 0, commands: [] };
  const server = new Server({ hostKeys: [host.private] }, (connection) => {
    seen.connections++;
    seen.open++;
    connection.on("error", () => undefined);
    connection.on("close", () => seen.open--);
    connection.on("authentication", (context) => {
      const key = context.method === "publickey" && context.key.data.equals(allowed.getPublicSSH());
      const password = context.method === "password" && context.password === options.password;
      if (key || password) context.accept();
      else context.reject(["publickey", "password"]);
    });
    connection.on("ready", () => serveSession(connection, options, seen));
    connection.on("tcpip", (accept, _reject, info) => {
      const channel = accept();
      const target = connect(info.destPort, info.destIP);
      target.on("error", () => channel.close());
      channel.on("error", () => target.destroy());
      channel.pipe(target).pipe(channel);
    });
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () =>
      resolve({
        host: "127.0.0.1",
        port: (server.address() as AddressInfo).port,
        hostKey: host.public.split(" ").slice(0, 2).join(" "),
        clientKey: client.private,
        seen,
        close: () => new Promise((done) => server.close(() => done())),
      }),
    ),
  );
}
