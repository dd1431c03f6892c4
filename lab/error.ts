/** A failure that an operator can act on: what is wrong, and what to do about it. Shown without a stack trace. */
export class LabError extends Error {
  constructor(
    /** What is wrong, with the value that was found. */
    readonly problem: string,
    /** What to do. */
    readonly fix: string,
  ) {
    super(`${problem}\n  ${fix}`);
    this.name = "LabError";
  }
}
