/** A stream that is opened again whenever it breaks, and the breaks it had. */
import { Agent } from "node:https";

import { sleep } from "../../lab/sh";
import type { Access } from "./access";
import { now } from "./clock";
import { CLOSED_HERE, type LineStream, openStream } from "./http";

/** A stream that was accepted and then ended. */
export interface Break {
  /** Milliseconds since 1970. */
  at: number;
  why: string;
}

export interface FollowerOptions {
  /** The path to open next; asked again after every break. */
  path: () => string | Promise<string>;
  onLine: (line: string) => void;
  /** Default 10 000. */
  silenceMs?: number;
}

const PAUSE_S = 0.2;

export class Follower {
  readonly breaks: Break[] = [];
  private readonly agent = new Agent({ maxCachedSessions: 0 });
  private readonly running: Promise<void>;
  private stream: LineStream | undefined;
  private stopping = false;

  /** Opens its stream at once. */
  constructor(
    private readonly access: Access,
    private readonly options: FollowerOptions,
  ) {
    this.running = this.follow();
  }

  /** Ends the stream that is open, which is then over without a fault; the follower opens another. */
  reopen(): void {
    this.stream?.close();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.stream?.close();
    await this.running;
    this.agent.destroy();
  }

  private async follow(): Promise<void> {
    while (!this.stopping) {
      let opened = false;
      try {
        const path = await this.options.path();
        // The path may have taken its time.
        if (this.stopping) return;
        this.stream = openStream(this.access, path, {
          agent: this.agent,
          silenceMs: this.options.silenceMs ?? 10_000,
          onOpen: () => (opened = true),
          onLine: this.options.onLine,
        });
        const why = await this.stream.closed;
        if (opened && !this.stopping && why !== CLOSED_HERE) this.breaks.push({ at: now(), why });
      } catch {
        // Nothing was open: the next round tries again.
      }
      if (!this.stopping) await sleep(PAUSE_S);
    }
  }
}
