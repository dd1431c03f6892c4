/** Which connections carry the streams that drills are judged by. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";

/** The clients' ends of connections, `10.77.0.1:40312`. */
export interface Sources {
  watch?: string | undefined;
  /** Of the prober's kept connection. */
  kept?: string | undefined;
}

const CHANNEL = "http.client.request.start";

/** Follows the requests of this process for a path, and knows the connection of the last one. */
export class Source {
  private socket: Socket | undefined;

  constructor(private readonly isMeant: (path: string) => boolean) {
    subscribe(CHANNEL, this.notice);
  }

  /** Undefined while there is none. */
  get address(): string | undefined {
    const { localAddress, localPort } = this.socket ?? {};
    return localPort === undefined ? undefined : `${localAddress}:${localPort}`;
  }

  stop(): void {
    unsubscribe(CHANNEL, this.notice);
  }

  private readonly notice = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    if (!this.isMeant(request.path)) return;
    if (request.socket) this.socket = request.socket;
    else request.once("socket", (socket) => (this.socket = socket));
  };
}
