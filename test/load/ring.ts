/** ConfigMaps as an API server keeps them, for tests, with the faults that a load must notice. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";

import type { NumberedObject } from "./writer";

interface WatchEvent {
  version: number;
  line: string;
}

export class Ring {
  /** The next write is done, then its connection is cut before the answer. */
  loseNextAnswer = false;
  /** The next write is seen by no watch. */
  hideNextEvent = false;
  /** Lists so far. */
  lists = 0;
  readonly objects = new Map<string, NumberedObject>();
  private version = 100;
  /** Versions below are gone from the history. */
  private oldest = 0;
  private readonly events: WatchEvent[] = [];
  private readonly watches = new Set<ServerResponse>();

  handle(request: IncomingMessage, response: ServerResponse): void {
    void this.answer(request, response);
  }

  /** Watches that are open now. */
  get watching(): number {
    return this.watches.size;
  }

  /** Forgets all history up to a version that no watch has seen, as an API server does that has just started. */
  compact(): void {
    this.version += 1;
    this.oldest = this.version;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "https://ring");
    const name = /\/configmaps\/(.+)$/.exec(url.pathname)?.[1];
    if (request.method === "GET") {
      if (url.searchParams.get("watch")) return this.watch(response, Number(url.searchParams.get("resourceVersion")));
      if (name !== undefined) return send(response, this.objects.get(name));
      this.lists += 1;
      const metadata = { resourceVersion: String(this.version) };
      return send(response, { metadata, items: [...this.objects.values()] });
    }
    const object = (await json(request)) as NumberedObject;
    const held = this.objects.get(object.metadata.name)?.metadata.resourceVersion;
    if (object.metadata.resourceVersion !== held) return send(response, { message: "conflict" }, 409);
    this.save(object);
    if (!this.loseNextAnswer) return send(response, object);
    this.loseNextAnswer = false;
    request.socket.destroy();
  }

  private save(object: NumberedObject): void {
    this.version += 1;
    object.metadata.resourceVersion = String(this.version);
    this.objects.set(object.metadata.name, object);
    const event = { version: this.version, line: `${JSON.stringify({ type: "MODIFIED", object })}\n` };
    if (!this.hideNextEvent) {
      this.events.push(event);
      this.watches.forEach((watch) => watch.write(event.line));
    }
    this.hideNextEvent = false;
  }

  private watch(response: ServerResponse, from: number): void {
    response.writeHead(200);
    if (from < this.oldest) {
      response.end(`${JSON.stringify({ type: "ERROR", object: { code: 410 } })}\n`);
      return;
    }
    response.flushHeaders();
    this.events.filter(({ version }) => version > from).forEach(({ line }) => response.write(line));
    this.watches.add(response);
    response.once("close", () => this.watches.delete(response));
  }
}

function send(response: ServerResponse, body: unknown, status = body === undefined ? 404 : 200): void {
  response.writeHead(status).end(JSON.stringify(body ?? {}));
}
