/** Hosts in this process: an SSH server whose command answers as told. Tests and measurements only. */
import { type AddressInfo } from "node:net";
import { Server, utils, type Connection, type ServerChannel } from "ssh2";

/** Serves one command, given what came by its standard input. */
export type Serve = (channel: ServerChannel, command: string, input: string) => void;

export interface SimulatedHosts {
  port: number;
  /** `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** The private key that is let in. */
  clientKey: string;
  /** Connections that are open now, and all there were. */
  seen: { open: number; all: number };
  close(): Promise<void>;
}

const KEYS = {
  "ssh-ed25519": () => utils.generateKeyPairSync("ed25519"),
  "ssh-rsa": () => utils.generateKeyPairSync("rsa", { bits: 2048 }),
  "ecdsa-sha2-nistp256": () => utils.generateKeyPairSync("ecdsa", { bits: 256 }),
};

/** Prints a text and ends well. */
export function printing(text: string): Serve {
  return (channel) => ending(channel, 0, text);
}

/** Ends a command. */
export function ending(channel: ServerChannel, code: number, output: string, errors = ""): void {
  if (errors !== "") channel.stderr.write(errors);
  channel.write(output, () => {
    channel.exit(code);
    channel.end();
  });
}

/** Name of the host that a program is for. */
export function nameIn(input: string): string {
  return /^NODE_NAME='([^']*)'$/m.exec(input)?.[1] ?? "";
}

/** One server stands for all hosts; it listens on a free port of 127.0.0.1. */
export function simulateHosts(serve: Serve, keyType: keyof typeof KEYS = "ssh-ed25519"): Promise<SimulatedHosts> {
  const [host, client] = [KEYS[keyType](), KEYS["ssh-ed25519"]()];
  const allowed = utils.parseKey(client.public);
  if (allowed instanceof Error) throw allowed;
  const seen = { open: 0, all: 0 };
  const server = new Server({ hostKeys: [host.private] }, (connection) => {
    seen.open++;
    seen.all++;
    connection.on("error", () => undefined);
    connection.on("close", () => seen.open--);
    connection.on("authentication", (context) => {
      if (context.method === "publickey" && context.key.data.equals(allowed.getPublicSSH())) context.accept();
      else context.reject(["publickey"]);
    });
    connection.on("ready", () => serveCommands(connection, serve));
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        hostKey: host.public.split(" ").slice(0, 2).join(" "),
        clientKey: client.private,
        seen,
        close: () => new Promise((done) => server.close(() => done())),
      }),
    ),
  );
}

function serveCommands(connection: Connection, serve: Serve): void {
  connection.on("session", (accept) => {
    accept().on("exec", (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      const chunks: Buffer[] = [];
      channel.on("error", () => undefined);
      channel.on("data", (chunk: Buffer) => chunks.push(chunk));
      channel.on("end", () => serve(channel, command, Buffer.concat(chunks).toString()));
    });
  });
}
