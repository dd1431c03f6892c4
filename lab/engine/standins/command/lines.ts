/** Output as lines for the log. */

/** From this length on, the official provider stops reading a logged line and hangs for ever. */
const LINE_LIMIT = 65_536;

/** Passes complete lines on as they come, and the rest at the end. */
export class LineLogger {
  private rest = "";
  /** Was there a line that the official provider hangs on? */
  tooLong = false;

  constructor(private readonly show: (line: string) => void) {}

  write(chunk: string): void {
    const lines = (this.rest + chunk).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.pass(line);
    if (this.rest.length >= LINE_LIMIT) this.tooLong = true;
  }

  end(): void {
    if (this.rest !== "") this.pass(this.rest);
    this.rest = "";
  }

  private pass(line: string): void {
    if (Buffer.byteLength(line) >= LINE_LIMIT) this.tooLong = true;
    else this.show(line.replace(/\r$/, ""));
  }
}
