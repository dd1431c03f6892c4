/** The few calls of the Kubernetes API that the load makes. */
import { Agent } from "node:https";

import { LabError } from "../../lab/error";
import { sleep } from "../../lab/sh";
import type { Access } from "./access";
import { now } from "./clock";
import { ask } from "./http";

export interface ApiObject {
  metadata: { name: string; resourceVersion: string };
}

/** What every list looks like. */
export interface ApiList<T> {
  metadata: { resourceVersion: string };
  items: T[];
}

/** An answer other than a success. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    what: string,
    text: string,
  ) {
    super(`${what}: HTTP ${status} ${messageOf(text)}`.trim());
  }
}

export class Api {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(
    readonly access: Access,
    /** Of one call. */
    private readonly timeoutMs = 10_000,
  ) {}

  /** The text of a successful answer. */
  async text(method: string, path: string, body?: object): Promise<string> {
    const question = { method, path, agent: this.agent, timeoutMs: this.timeoutMs };
    const { status, text } = await ask(this.access, { ...question, ...(body && { body }) });
    if (status < 200 || status > 299) throw new ApiError(status, `${method} ${path}`, text);
    return text;
  }

  async json<T>(method: string, path: string, body?: object): Promise<T> {
    return JSON.parse(await this.text(method, path, body)) as T;
  }

  /** Ends its connections. */
  close(): void {
    this.agent.destroy();
  }
}

/** Whether an error is the API's answer of this status. */
export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

/**
 * Repeats what an API that is away for a while may refuse, until it answers something other than undefined; then, or at
 * the limit in seconds, ends.
 */
export async function eventually<T>(what: string, limit: number, act: () => Promise<T | undefined>): Promise<T> {
  const end = now() + limit * 1000;
  let last = "not yet";
  for (;;) {
    try {
      const answer = await act();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = (error as Error).message;
    }
    if (now() >= end) {
      throw new LabError(`${what}: not within ${limit} s (${last}).`, "Look at the cluster: its nodes and its pods.");
    }
    await sleep(0.5);
  }
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? "";
  } catch {
    return text.slice(0, 200);
  }
}
