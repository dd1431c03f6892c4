/** Requests to a cluster's API. */
import { Agent, request as httpsRequest } from "node:https";
import type { JsonObject, KubernetesObject } from "./json";
import type { ClusterAccess } from "./kubeconfig";

/** A refusal by the API server. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404;
export const isForbidden = (error: unknown): boolean => error instanceof ApiError && error.status === 403;
export const alreadyExists = (error: unknown): boolean => error instanceof ApiError && error.reason === "AlreadyExists";
export const isConflict = (error: unknown): boolean => error instanceof ApiError && error.reason === "Conflict";

const REQUEST_LIMIT_MS = 60_000;
/** How often a request that never reached the server, or found it starting, is sent again. */
const RETRIES = 4;
const RETRY_DELAY_MS = 500;
const PASSING = new Set(["ECONNRESET", "EPIPE", "ECONNREFUSED"]);

export interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  contentType?: string;
  limitMs?: number;
  /** Give up at the first failure. */
  once?: boolean;
}

interface Answer {
  status: number;
  retryAfter: number;
  text: string;
}

/** One cluster. */
export class Client {
  private readonly agent: Agent;

  constructor(
    private readonly access: ClusterAccess,
    private readonly signal: AbortSignal,
  ) {
    this.agent = new Agent({ ...access.tls, keepAlive: true, maxSockets: 16 });
  }

  get namespace(): string {
    return this.access.namespace;
  }

  /** The answer's JSON; fails with an `ApiError` when the server refuses. */
  async send(request: Request): Promise<KubernetesObject> {
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await this.once(request);
        const last = request.once || attempt >= RETRIES;
        if (last || !(answer.status === 429 || answer.status === 503)) return parsed(answer);
        await this.pause(answer.retryAfter * 1000 || RETRY_DELAY_MS * 2 ** attempt);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? "";
        // A POST that got no answer may have done its work.
        const safe = request.method !== "POST" || code === "ECONNREFUSED";
        if (request.once || attempt >= RETRIES || !safe || !PASSING.has(code)) throw error;
        await this.pause(RETRY_DELAY_MS * 2 ** attempt);
      }
    }
  }

  /** Waits, unless the run is cancelled. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(done, ms);
      const cancel = () => done(new Error("cancelled"));
      const { signal } = this;
      function done(error?: Error): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", cancel);
        if (error) reject(error);
        else resolve();
      }
      if (signal.aborted) return cancel();
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  private once(request: Request): Promise<Answer> {
    const query = new URLSearchParams(request.query).toString();
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    return new Promise((resolve, reject) => {
      const message = httpsRequest(
        `${this.access.server}${request.path}${query ? `?${query}` : ""}`,
        {
          method: request.method,
          agent: this.agent,
          signal: this.signal,
          headers: {
            accept: "application/json",
            "user-agent": "pulumi-kubernetes (stand-in)",
            ...(body === undefined
              ? {}
              : {
                  "content-type": request.contentType ?? "application/json",
                  "content-length": Buffer.byteLength(body),
                }),
            ...(this.access.token ? { authorization: `Bearer ${this.access.token}` } : {}),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const retryAfter = Number(response.headers["retry-after"] ?? 0);
            resolve({ status: response.statusCode ?? 0, retryAfter, text: Buffer.concat(chunks).toString() });
          });
        },
      );
      const limit = request.limitMs ?? REQUEST_LIMIT_MS;
      message.setTimeout(limit, () =>
        message.destroy(new Error(`${request.method} ${request.path}: no answer in ${limit / 1000} s`)),
      );
      message.on("error", reject);
      message.end(body);
    });
  }
}

function parsed({ status, text }: Answer): KubernetesObject {
  let value: JsonObject;
  try {
    value = JSON.parse(text) as JsonObject;
  } catch {
    value = { message: text.trim() };
  }
  if (status >= 200 && status < 300) return value as KubernetesObject;
  throw new ApiError(status, String(value["reason"] ?? ""), String(value["message"] ?? `HTTP status ${status}`));
}
