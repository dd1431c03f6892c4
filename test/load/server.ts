/** An HTTPS server for tests that misbehaves when it is told to, with the load's way to it. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";

import { issue, makeAuthority } from "../certificates";
import type { Access } from "./access";

/** What becomes of a request. */
export enum Manner {
  Answer = "answer",
  /** HTTP 500. */
  Fault = "fault",
  /** The connection is cut when the request is there. */
  Reset = "reset",
  /** No answer ever. */
  Stall = "stall",
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export class TestServer {
  manner = Manner.Answer;
  /** Connections so far. */
  connections = 0;
  /** Requests that never got an answer and still have their connection. */
  stalled = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly access: Access,
  ) {}

  /** Listens on a free port of this machine; the folder gets its certificates. */
  static async start(folder: string, handler: Handler): Promise<TestServer> {
    const ca = await makeAuthority(folder, "ca");
    const names = { dnsNames: [], ipAddresses: ["127.0.0.1"] };
    const files = {
      server: await issue(folder, "server", ca, names),
      client: await issue(folder, "client", ca, names),
    };
    const read = (path: string) => readFileSync(path, "utf8");
    const server = createServer({
      key: read(files.server.key),
      cert: read(files.server.certificate),
      ca: read(ca.certificate),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const access = {
      host: "127.0.0.1",
      port: 0,
      ca: read(join(folder, "ca.crt")),
      cert: read(files.client.certificate),
      key: read(files.client.key),
    };
    const started = new TestServer(server, access);
    server.on("secureConnection", (socket: Socket) => {
      started.connections += 1;
      started.sockets.add(socket);
      socket.once("close", () => started.sockets.delete(socket));
      socket.on("error", () => undefined);
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      started.take(handler, request, response);
    });
    await started.listen();
    return started;
  }

  /** Accepts connections, on the same port as before. */
  async listen(): Promise<void> {
    this.server.listen(this.access.port, "127.0.0.1");
    await once(this.server, "listening");
    this.access.port = (this.server.address() as AddressInfo).port;
  }

  /** Cuts every connection. */
  cut(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }

  /** Cuts every connection and refuses new ones. */
  async refuse(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.cut();
    await closed;
  }

  private take(handler: Handler, request: IncomingMessage, response: ServerResponse): void {
    switch (this.manner) {
      case Manner.Answer:
        return handler(request, response);
      case Manner.Fault:
        response.writeHead(500).end();
        return;
      case Manner.Reset:
        request.socket.destroy();
        return;
      case Manner.Stall:
        this.stalled += 1;
        request.socket.once("close", () => (this.stalled -= 1));
    }
  }
}
