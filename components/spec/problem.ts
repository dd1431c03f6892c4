/** What is wrong with a configuration, told so that an operator can act on it. */

export interface Problem {
  /** Path of the key in the config, `hosts[3].ip`. */
  key: string;
  /** The value found, short and printable; empty when there is none or it must not be shown. */
  value: string;
  /** Why it is refused, without a full stop. */
  reason: string;
  /** What to do, an imperative without a full stop. */
  fix: string;
}

/** Stands for a value that must not be printed. */
export const HIDDEN = "(hidden)";

const LONGEST = 60;

/** A value as one short printable word; lists, mappings and anything like a private key are never shown. */
export function show(value: unknown): string {
  if (value === undefined) return "";
  if (value === null) return "(empty)";
  if (Array.isArray(value)) return `(a list of ${value.length})`;
  if (typeof value === "object") return "(a mapping)";
  const text = String(value).replace(/\/\/[^/@]*@/g, "//…@"); // A URL's password.
  if (/PRIVATE KEY/.test(text)) return HIDDEN;
  if (text === "") return '""';
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
  return /^[\x21-\x7e…]+( [\x21-\x7e…]+)*$/.test(short) ? short : JSON.stringify(short);
}

/** `hosts`, 3, `ip` → `hosts[3].ip`; keys with dots or slashes are quoted. */
export function keyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = String(part);
    if (!/^[A-Za-z0-9_-]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

/** One problem as one line: `key value: reason. Fix.` */
export function formatProblem(problem: Problem): string {
  const subject = problem.value === "" ? problem.key : `${problem.key} ${problem.value}`;
  return `${subject}: ${problem.reason}. ${problem.fix}${/[.?]$/.test(problem.fix) ? "" : "."}`;
}

/** All problems as the one message that ends a run. */
export function formatProblems(problems: Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [`${count}, nothing was changed`, ...problems.map((problem) => `  ${formatProblem(problem)}`)].join("\n");
}
