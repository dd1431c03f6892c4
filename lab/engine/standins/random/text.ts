/** Random text by the rules of `random_string` and `random_password`. */
import { randomBytes, randomInt } from "node:crypto";

const DIGITS = "0123456789";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

/** How the text is to be made up. */
export interface TextRules {
  length: number;
  upper: boolean;
  lower: boolean;
  numeric: boolean;
  special: boolean;
  minUpper: number;
  minLower: number;
  minNumeric: number;
  minSpecial: number;
  /** Replaces the special characters, when not empty. */
  overrideSpecial: string;
}

function pick(characters: string[], count: number): string[] {
  return Array.from({ length: count }, () => characters[randomInt(characters.length)]!);
}

function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

/** Throws when no character set is left to choose from. */
export function randomText(rules: TextRules): string {
  const special = rules.overrideSpecial || SPECIAL;
  const sets: [boolean, number, string][] = [
    [rules.upper, rules.minUpper, UPPER],
    [rules.lower, rules.minLower, LOWER],
    [rules.numeric, rules.minNumeric, DIGITS],
    [rules.special, rules.minSpecial, special],
  ];
  const all = [
    ...sets
      .filter(([enabled]) => enabled)
      .map(([, , characters]) => characters)
      .join(""),
  ];
  if (all.length === 0) throw new Error("the character set specified is empty");
  const required = sets.flatMap(([, minimum, characters]) => pick([...characters], minimum));
  return shuffled([...required, ...pick(all, rules.length - required.length)]).join("");
}

/** The forms of `random_id`. */
export function randomId(length: number, prefix: string) {
  const bytes = randomBytes(length);
  return {
    id: bytes.toString("base64url"),
    b64Url: prefix + bytes.toString("base64url"),
    b64Std: prefix + bytes.toString("base64"),
    hex: prefix + bytes.toString("hex"),
    dec: prefix + BigInt(`0x${bytes.toString("hex") || "0"}`).toString(),
  };
}
