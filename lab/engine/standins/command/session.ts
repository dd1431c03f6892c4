/** One SSH session that sets variables first and knows which were refused. */
import type { Client, ClientChannel } from "ssh2";

type Reply = (failed: unknown) => void;

/**
 * The parts of ssh2 1.17 behind its public interface that variables need: `exec` sends them without asking for a reply
 * and runs the command even when they were refused.
 */
interface Internals {
  _protocol: {
    env(channel: number, key: string, value: string, wantReply: boolean): void;
    exec(channel: number, command: string, wantReply: boolean): void;
  };
  _chanMgr: { get(channel: number): { _callbacks: Reply[] } };
}

/** Asks the command's processes to end. The channel's own method does nothing once the input has ended. */
export function terminate(channel: ClientChannel): void {
  const raw = channel as unknown as {
    outgoing: { id: number; state: string };
    _client: { _protocol: { signal(channel: number, name: string): void } };
  };
  if (raw.outgoing.state === "open" || raw.outgoing.state === "eof")
    raw._client._protocol.signal(raw.outgoing.id, "TERM");
}

/** Called for each refused variable, before the command runs; what it throws stops the command. */
export type Refused = (key: string) => void;

function askForReplies(internals: Internals, refused: Refused, failed: (error: Error) => void): void {
  const protocol = internals._protocol;
  const { env, exec } = protocol;
  const replies: Promise<void>[] = [];
  protocol.env = (channel, key, value) => {
    const reply = new Promise<boolean>((resolve) => {
      internals._chanMgr.get(channel)._callbacks.push((error) => resolve(!error));
    });
    replies.push(reply.then((accepted) => (accepted ? undefined : refused(key))));
    env.call(protocol, channel, key, value, true);
  };
  protocol.exec = (channel, command, wantReply) => {
    Promise.all(replies).then(() => exec.call(protocol, channel, command, wantReply), failed);
  };
}

/**
 * Starts the command; its variables have been set by then. `attach` gets the channel at once: a quick command's exit
 * status can come in the same packet as the channel itself, before anything that waits for a promise would listen.
 */
export function startSession<T>(
  client: Client,
  command: string,
  env: Record<string, string>,
  refused: Refused,
  attach: (channel: ClientChannel) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (Object.keys(env).length > 0) askForReplies(client as unknown as Internals, refused, reject);
    // Once there is a channel, its own end tells how the command ended.
    const lost = () => reject(new Error("EOF"));
    client.once("close", lost);
    client.exec(command, { env }, (error, channel) => {
      client.off("close", lost);
      if (error) reject(error);
      else attach(channel).then(resolve, reject);
    });
  });
}
