/** Documents as facts.sh prints them, for tests. Tests only. */
import type { Question } from "../questions";
import type { Asked } from ".";

export const ASKED: Asked = {
  name: "cp1",
  vip: "192.0.2.10",
  etcdDataDir: "/var/lib/etcd-kubernetes",
  probes: ["192.0.2.12:2379", "192.0.2.13:2379"],
};

/** A document with these answers, and nothing to tell of all other questions but those without an answer. */
export function documentOf(
  answers: Record<string, string | Buffer>,
  epochMs = 1_790_000_000_000,
  unanswered: Question[] = [],
): string {
  const encoded = Object.entries(answers).map(([name, answer]) => [name, Buffer.from(answer).toString("base64")]);
  return `${JSON.stringify({ epochMs, unanswered, answers: Object.fromEntries(encoded) })}\n`;
}

/** An answer of `path NUL line`. */
export function linesOf(files: Record<string, string[]>): string {
  return Object.entries(files)
    .flatMap(([path, lines]) => lines.map((line) => `${path}\0${line}\n`))
    .join("");
}

/** A table as the API server makes it. */
export function tableOf(columns: string[], rows: unknown[][], objects: unknown[] = []): string {
  return JSON.stringify({
    kind: "Table",
    columnDefinitions: columns.map((name) => ({ name, type: "string" })),
    rows: rows.map((cells, index) => ({ cells, object: objects[index] ?? null })),
  });
}
