/** The document that facts.sh prints: what the host's programs said, by question. Pure. */
import { z } from "zod";
import { knows, Question } from "../questions";

export const documentSchema = z.object({
  epochMs: z.number().int().nonnegative(),
  /** What was cut off or failed. */
  unanswered: z.array(z.enum(Question)),
  /** Base64 of what a program or a file says; what says nothing is left out. */
  answers: z.record(z.string(), z.base64()),
});

/** No line that matters is longer; one that is would only keep this machine busy. */
const MAX_LINE = 16_384;

/** The answers of one host, as text; empty where there is nothing to tell, and for a question without an answer. */
export class Answers {
  readonly epochMs: number;
  readonly unanswered: Question[];
  private readonly texts: Map<string, string>;

  /** Throws when the text is no such document. */
  constructor(document: string) {
    const { epochMs, unanswered, answers } = documentSchema.parse(JSON.parse(document));
    this.epochMs = epochMs;
    this.unanswered = unanswered;
    this.texts = new Map(Object.entries(answers).map(([name, body]) => [name, Buffer.from(body, "base64").toString()]));
  }

  /** Whether all of these were answered. */
  has(...questions: Question[]): boolean {
    return knows(this, ...questions);
  }

  text(name: string): string {
    return this.unanswered.some((question) => question === name) ? "" : (this.texts.get(name) ?? "");
  }

  lines(name: string): string[] {
    return this.text(name)
      .split("\n")
      .filter((line) => line !== "" && line.length < MAX_LINE);
  }

  /** Undefined unless the answer is JSON of that shape. */
  json<T>(name: string, schema: z.ZodType<T>): T | undefined {
    try {
      return schema.parse(JSON.parse(this.text(name)));
    } catch {
      return undefined;
    }
  }

  /** Lines of files by path, from an answer of `path NUL line`. */
  files(name: string): Map<string, string[]> {
    const files = new Map<string, string[]>();
    for (const entry of this.lines(name)) {
      const [path = "", line] = entry.split("\0");
      if (line === undefined) continue;
      const lines = files.get(path) ?? [];
      lines.push(line);
      files.set(path, lines);
    }
    return files;
  }
}
