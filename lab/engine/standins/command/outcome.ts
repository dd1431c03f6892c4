/** What both kinds of command make of a run: what is logged, kept and said of a failure. */
import type { Call } from "../wire/provider";
import { LineLogger } from "./lines";
import { quoted } from "./quote";

/** The properties that any run reads. */
export interface CommonProperties {
  environment?: Record<string, string>;
  stdin?: string;
  /** `stdout`, `stderr`, `stdoutAndStderr` or `none`; unset: both. */
  logging?: string;
  /** Default true. */
  addPreviousOutputInEnv?: boolean;
  /** Output of the run before. */
  stdout?: string;
  stderr?: string;
}

export interface Output {
  stdout: string;
  stderr: string;
}

type Stream = keyof Output;

const PREVIOUS = ["PULUMI_COMMAND_STDOUT", "PULUMI_COMMAND_STDERR"] as const;

/** The variables of a run: the resource's own, and the output of the run before unless it must not be there. */
export function variables({ environment = {}, addPreviousOutputInEnv = true, stdout, stderr }: CommonProperties) {
  const previous: Record<string, string> = {};
  if (addPreviousOutputInEnv && stdout) previous[PREVIOUS[0]] = stdout;
  if (addPreviousOutputInEnv && stderr) previous[PREVIOUS[1]] = stderr;
  return { ...environment, ...previous };
}

const logs = (from: Stream, logging: string | undefined): boolean =>
  logging === undefined || logging === "stdoutAndStderr" || logging === from;

const trimmed = (text: string): string => (text.endsWith("\n") ? text.slice(0, -1) : text);

/** Takes what a command prints while it runs, and says in the end what came of it. */
export class Outcome {
  private readonly output: Output = { stdout: "", stderr: "" };
  private both = "";
  private readonly lines: LineLogger;

  constructor(
    private readonly command: string,
    private readonly logging: string | undefined,
    private readonly call: Call,
  ) {
    this.lines = new LineLogger((message) => call.log("info", message, { status: true }));
  }

  seen(from: Stream, text: string): void {
    this.output[from] += text;
    this.both += text;
    if (logs(from, this.logging)) this.lines.write(text);
  }

  /** Throws with the command and everything it printed when there is a failure, `exit status 7`. */
  ended(failure: string | undefined): Output {
    this.lines.end();
    const running = `running ${quoted(this.command)}:`;
    if (this.call.signal.aborted) throw new Error(`cancelled: ${running}\n${this.both}`);
    if (failure) throw new Error(`${failure}: ${running}\n${this.both}`);
    if (this.lines.tooLong)
      throw new Error(
        `${running} a line of 65536 bytes or more was logged, on which the official provider hangs for ever: ` +
          `set logging to "none" or print shorter lines`,
      );
    return { stdout: trimmed(this.output.stdout), stderr: trimmed(this.output.stderr) };
  }
}
