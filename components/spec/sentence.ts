/** Checks as named sentences: each says what must hold, and which sections of the spec it looks at. */
import type { PlainSpec } from "./plain";
import type { Problem } from "./problem";

export interface Sentence {
  /** What must hold, "etcd has an odd number of members". */
  name: string;
  /** Sections it reads; it is skipped when one of them was malformed. */
  needs: (keyof PlainSpec)[];
  check: (spec: PlainSpec) => Problem[];
}

/** A sentence whose check can reach only the sections it names. */
export function sentence<K extends keyof PlainSpec>(
  name: string,
  needs: K[],
  check: (spec: Pick<PlainSpec, K>) => Problem[],
): Sentence {
  return { name, needs, check };
}

/** All problems found by the sentences whose sections are there. */
export function runSentences(sentences: Sentence[], spec: Partial<PlainSpec>): Problem[] {
  const ready = sentences.filter(({ needs }) => needs.every((section) => spec[section] !== undefined));
  return ready.flatMap(({ check }) => check(spec as PlainSpec));
}
