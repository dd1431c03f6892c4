/** Asks an endpoint many times a second, whatever became of the questions before. */
import { Agent } from "node:https";
import type { Socket } from "node:net";

import type { Access } from "./access";
import { now } from "./clock";
import { type Attempt, type Availability, availability } from "./gaps";
import { ask, ReusedConnectionLost } from "./http";

export interface ProbeOptions {
  /** Default: a small object that an API server reads from etcd. */
  path?: string;
  /** Default 100. */
  intervalMs?: number;
  /** Of one question. Default 1000. */
  timeoutMs?: number;
}

export interface ProbeReport extends Availability {
  /** The longest time that an answer took, in milliseconds. */
  slowestMs: number;
  /** Connections that did not last; of a probe with new connections always 0. */
  brokenConnections: number;
}

/** Whether each question gets a connection of its own. */
export enum Connections {
  New = "new",
  Kept = "kept",
}

/**
 * A read, and not /readyz: that one is red by design while an API server that is about to stop still answers, and it
 * says nothing about a read from etcd.
 */
const PATH = "/api/v1/namespaces/default";

export class Probe {
  readonly attempts: Attempt[] = [];
  private readonly agent: Agent;
  private readonly known = new WeakSet<Socket>();
  private readonly timer: NodeJS.Timeout;
  private readonly inFlight = new Set<Promise<void>>();
  private brokenConnections = 0;
  private stopped = false;

  /** Starts at once. */
  constructor(
    private readonly access: Access,
    private readonly connections: Connections,
    private readonly options: ProbeOptions = {},
  ) {
    const kept = connections === Connections.Kept;
    // Without remembered sessions every new connection is a whole handshake.
    this.agent = new Agent({ keepAlive: kept, maxCachedSessions: 0, ...(kept && { maxSockets: 1 }) });
    this.timer = setInterval(() => this.track(this.attempt()), options.intervalMs ?? 100);
  }

  /** Sends nothing more and waits for the answers that are still to come, at most one timeout. */
  async stop(): Promise<ProbeReport> {
    clearInterval(this.timer);
    await Promise.all(this.inFlight);
    this.stopped = true;
    this.agent.destroy();
    const took = this.attempts.filter(({ error }) => error === undefined).map(({ sent, ended }) => ended - sent);
    return {
      ...availability(this.attempts),
      slowestMs: took.reduce((most, ms) => Math.max(most, ms), 0),
      brokenConnections: this.brokenConnections,
    };
  }

  private track(work: Promise<void>): void {
    this.inFlight.add(work);
    void work.finally(() => this.inFlight.delete(work));
  }

  private async attempt(): Promise<void> {
    const sent = now();
    const error = await this.question(this.options.timeoutMs ?? 1000);
    this.attempts.push({ sent, ended: now(), ...(error !== undefined && { error }) });
  }

  /** Why the question failed, if it did. */
  private async question(timeoutMs: number): Promise<string | undefined> {
    const started = now();
    try {
      const onSocket = (socket: Socket) => this.watch(socket);
      const { path = PATH } = this.options;
      const { status } = await ask(this.access, { path, agent: this.agent, timeoutMs, onSocket });
      return status === 200 ? undefined : `HTTP ${status}`;
    } catch (error) {
      const left = timeoutMs - (now() - started);
      if (error instanceof ReusedConnectionLost && left > 0) return this.question(left);
      return (error as Error).message;
    }
  }

  private watch(socket: Socket): void {
    if (this.connections === Connections.New || this.known.has(socket)) return;
    this.known.add(socket);
    let connected = !socket.connecting;
    socket.once("connect", () => (connected = true));
    socket.once("close", () => {
      if (connected && !this.stopped) this.brokenConnections += 1;
    });
  }
}
