/** Checks as named sentences: each says what must hold, and which sections of the spec it looks at. */
import type { Draft } from "./plain";
import { formatProblem, type Problem } from "./problem";

/** What every check has, whatever it looks at. */
export interface Named {
  /** Stable, kebab-case: what `skipChecks` names. */
  id: string;
  /** What must hold, "etcd has an odd number of members". */
  name: string;
}

export interface Sentence extends Named {
  /** Sections it reads; it is silent when one of them was malformed. */
  needs: (keyof Draft)[];
  check: (spec: Draft) => Problem[];
}

/** A check that `skipChecks` names. */
export interface Skipped extends Named {
  /** What it would have said; undefined when it could not be asked. */
  problems: Problem[] | undefined;
}

/** A sentence whose check can reach only the sections it names. */
export function sentence<K extends keyof Draft>(
  id: string,
  name: string,
  needs: K[],
  check: (spec: Pick<Draft, K>) => Problem[],
): Sentence {
  return { id, name, needs, check };
}

/** All problems found by the sentences whose sections are there. */
export function runSentences(sentences: Sentence[], spec: Partial<Draft>): Problem[] {
  const ready = sentences.filter(({ needs }) => needs.every((section) => spec[section] !== undefined));
  return ready.flatMap(({ check }) => check(spec as Draft));
}

/** What is said of a skipped check in every run. */
export function formatSkipped({ id, name, problems }: Skipped): string {
  const what = `skipChecks ${id}: it is not checked that ${name}`;
  if (problems === undefined) return `${what}.`;
  if (problems.length === 0) return `${what}. At present it holds: take it off the list.`;
  return [`${what}. At present it would say:`, ...problems.map((problem) => `  ${formatProblem(problem)}`)].join("\n");
}
