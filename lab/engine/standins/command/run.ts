/** Runs one command over SSH, as `command:remote:Command` does. */
import type { ClientChannel } from "ssh2";
import type { Call } from "../wire/provider";
import { withConnection, type Connection } from "./connection";
import { Outcome, variables, type CommonProperties, type Output } from "./outcome";
import { startSession, terminate } from "./session";

/** The properties that a run reads. */
export interface RunProperties extends CommonProperties {
  connection: Connection;
}

interface Ending {
  code: number | null;
  signal: string | undefined;
}

const SIGNALS: Record<string, number> = {
  ...{ ABRT: 6, ALRM: 14, FPE: 8, HUP: 1, ILL: 4, INT: 2, KILL: 9, PIPE: 13, QUIT: 3, SEGV: 11, TERM: 15 },
};
/** What a cancelled command has for ending. */
const ABORT_GRACE_MS = 2000;
const SETENV_HINT =
  "The SSH server must accept the variable (AcceptEnv in sshd_config); with a shell on the remote host the command can set " +
  "it itself: VAR=value command";

/** Why a command failed, in the words of Go's SSH client; `undefined` when it did not. */
export function failureOf({ code, signal }: Ending): string | undefined {
  if (code === 0) return undefined;
  if (code !== null) return `Process exited with status ${code}`;
  if (!signal) return "wait: remote command exited without exit status or exit signal";
  const name = signal.replace(/^SIG/, "");
  return `Process exited with status ${128 + (SIGNALS[name] ?? 0)} from signal ${name}`;
}

function onRefused(properties: RunProperties, call: Call) {
  return (key: string) => {
    const required = key in (properties.environment ?? {});
    call.log(required ? "error" : "warning", `Unable to set '${key}'. ${SETENV_HINT}`);
    if (required) throw new Error(`could not set environment variable "${key}": ssh: setenv failed`);
  };
}

/** Collects output until the channel closes; `aborted` first asks the process to end. */
function collect(
  channel: ClientChannel,
  stdin: string,
  signal: AbortSignal,
  seen: (from: "stdout" | "stderr", text: string) => void,
) {
  return new Promise<Ending>((resolve) => {
    let ending: Ending = { code: null, signal: undefined };
    const abort = () => {
      terminate(channel);
      // A host that does not answer must not keep a cancelled run.
      setTimeout(() => {
        channel.close();
        resolve(ending);
      }, ABORT_GRACE_MS).unref();
    };
    signal.addEventListener("abort", abort, { once: true });
    channel.setEncoding("utf8");
    channel.stderr.setEncoding("utf8");
    channel.on("data", (text: string) => seen("stdout", text));
    channel.stderr.on("data", (text: string) => seen("stderr", text));
    channel.on("exit", (code: number | null, name?: string) => (ending = { code, signal: name }));
    // A command may end before it has read its input: its exit status decides, not the write that found no reader.
    channel.on("error", () => undefined);
    channel.on("close", () => {
      signal.removeEventListener("abort", abort);
      resolve(ending);
    });
    channel.end(stdin);
  });
}

/** Throws with the command and everything it printed when it fails. */
export async function run(command: string, properties: RunProperties, call: Call): Promise<Output> {
  const status = (message: string) => call.log("info", message, { status: true });
  return withConnection(properties.connection, { signal: call.signal, status }, async (client) => {
    const outcome = new Outcome(command, properties.logging, call);
    const refused = onRefused(properties, call);
    const ending = await startSession(client, command, variables(properties), refused, (channel) =>
      collect(channel, properties.stdin ?? "", call.signal, (from, text) => outcome.seen(from, text)),
    );
    return outcome.ended(failureOf(ending));
  });
}
