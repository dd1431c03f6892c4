/** A watch on what the writer writes, as an informer does it: from the last version on after a break. */
import { sleep } from "../../lab/sh";
import type { Api, ApiList } from "./api";
import { now } from "./clock";
import { type Break, Follower } from "./follower";
import { type NumberedObject, numbersPath, type Write } from "./writer";

export interface WatchReport {
  breaks: Break[];
  events: number;
  /** Acknowledged numbers that no event showed and no list made up for. */
  missed: number[];
  /** How often the last version was too old to go on from, so that everything was listed again. */
  relists: number;
}

/** What a watch has learned so far. */
export interface Knowledge {
  /** Numbers that an event showed. */
  seen: Set<number>;
  /** By object, the number that the last list showed: it stands for all that were written before. */
  listed: Map<string, number>;
}

/** Acknowledged numbers that a watch does not know of. */
export function missedBy(writes: Write[], { seen, listed }: Knowledge): number[] {
  return writes
    .filter(({ name, number }) => !seen.has(number) && number > (listed.get(name) ?? 0))
    .map(({ number }) => number);
}

interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: NumberedObject;
}

/** Seconds that a watch may lag behind at the end. */
const CATCH_UP_S = 10;

export class Watch {
  private readonly knowledge: Knowledge = { seen: new Set(), listed: new Map() };
  private readonly follower: Follower;
  private version: string | undefined;
  private lists = 0;
  private events = 0;

  /** Starts at once; the server is asked to keep the stream for `limitSeconds`. */
  constructor(
    private readonly api: Api,
    private readonly namespace: string,
    private readonly limitSeconds: number,
  ) {
    this.follower = new Follower(api.access, { path: () => this.path(), onLine: (line) => this.take(line) });
  }

  /** Gives the last events their time, then ends. */
  async stop(writes: Write[]): Promise<WatchReport> {
    const end = now() + CATCH_UP_S * 1000;
    while (missedBy(writes, this.knowledge).length > 0 && now() < end) await sleep(0.1);
    await this.follower.stop();
    const { breaks } = this.follower;
    return { breaks, events: this.events, missed: missedBy(writes, this.knowledge), relists: this.lists - 1 };
  }

  private async path(): Promise<string> {
    this.version ??= await this.list();
    const from = `resourceVersion=${this.version}&timeoutSeconds=${this.limitSeconds}&allowWatchBookmarks=true`;
    return `${numbersPath(this.namespace)}&watch=true&${from}`;
  }

  private async list(): Promise<string> {
    const { metadata, items } = await this.api.json<ApiList<NumberedObject>>("GET", numbersPath(this.namespace));
    for (const item of items) this.knowledge.listed.set(item.metadata.name, Number(item.data.number));
    this.lists += 1;
    return metadata.resourceVersion;
  }

  private take(line: string): void {
    const { type, object } = JSON.parse(line) as WatchEvent;
    if (type === "ERROR") {
      // The version is too old for this API server.
      this.version = undefined;
      this.follower.reopen();
      return;
    }
    this.version = object.metadata.resourceVersion;
    if (type === "BOOKMARK") return;
    this.events += 1;
    this.knowledge.seen.add(Number(object.data.number));
  }
}
