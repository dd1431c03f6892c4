/** HTTPS requests with a limit, and streams of lines. */
import type { IncomingMessage } from "node:http";
import { type Agent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";

import type { Access } from "./access";

export interface Question {
  /** Default GET. */
  method?: string;
  path: string;
  /** Sent as JSON. */
  body?: object;
  agent: Agent;
  /** Until the whole answer is there, the wait for a free connection included. */
  timeoutMs: number;
  /** Sees the connection that the request got. */
  onSocket?: (socket: Socket) => void;
}

export interface Answer {
  status: number;
  text: string;
}

/** An HTTP answer of any status; fails when there is none. */
export function ask(access: Access, question: Question): Promise<Answer> {
  return new Promise((done, fail) => {
    const request = open(access, question, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => done({ status: response.statusCode ?? 0, text }));
      response.on("error", fail);
    });
    const timer = setTimeout(() => {
      // A request that still waits for a connection says nothing when it is destroyed.
      fail(new Error(`no answer within ${question.timeoutMs} ms`));
      request.destroy();
    }, question.timeoutMs);
    if (question.onSocket) request.on("socket", question.onSocket);
    request.on("error", (error: NodeJS.ErrnoException) => {
      const lostOld = request.reusedSocket && error.code === "ECONNRESET";
      fail(lostOld ? new ReusedConnectionLost(error.message) : error);
    });
    request.on("close", () => {
      clearTimeout(timer);
      fail(new Error("connection closed before the answer was whole"));
    });
    request.end(question.body && JSON.stringify(question.body));
  });
}

/** The server had closed a kept connection before the request came: HTTP clients repeat a read then. */
export class ReusedConnectionLost extends Error {}

/** Why a stream is over that its reader has closed. */
export const CLOSED_HERE = "closed here";

export interface LineStream {
  /** Resolves with the reason when the stream is over, whoever ended it. */
  closed: Promise<string>;
  close(): void;
}

/** Limits of a stream of lines. */
export interface StreamOptions {
  agent: Agent;
  /** A stream without a line for this long counts as dead. */
  silenceMs: number;
  /** The server has accepted the stream. */
  onOpen: () => void;
  onLine: (line: string) => void;
}

/** Opens a path whose answer never ends, such as a watch. */
export function openStream(access: Access, path: string, options: StreamOptions): LineStream {
  let end = (_reason: string): void => undefined;
  const closed = new Promise<string>((done) => (end = done));
  const request = open(access, { path, agent: options.agent }, (response) => {
    if (response.statusCode === 200) options.onOpen();
    else end(`HTTP ${response.statusCode}`);
    let rest = "";
    response.setEncoding("utf8").on("data", (part: string) => {
      timer.refresh();
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      if (response.statusCode === 200) lines.filter((line) => line !== "").forEach(options.onLine);
    });
    response.on("end", () => end("ended by the server"));
    response.on("error", (error) => end(error.message));
  });
  const close = (reason: string) => {
    end(reason);
    request.destroy();
  };
  const timer = setTimeout(() => close(`silent for ${options.silenceMs} ms`), options.silenceMs);
  request.on("error", (error) => end(error.message));
  request.on("close", () => {
    clearTimeout(timer);
    end("connection closed");
  });
  request.end();
  return { closed, close: () => close(CLOSED_HERE) };
}

function open(
  access: Access,
  question: Pick<Question, "method" | "path" | "body" | "agent">,
  onResponse: (response: IncomingMessage) => void,
) {
  const { method = "GET", path, body, agent } = question;
  const headers = { accept: "application/json", ...(body && { "content-type": "application/json" }) };
  const { host, port, ca, cert, key } = access;
  return httpsRequest({ host, port, ca, cert, key, method, path, agent, headers }, onResponse);
}
