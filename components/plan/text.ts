/** The plan as the table at the end of a preview: no colour, no line longer than 100 columns. Pure. */
import { printable } from "../spec/printable";
import type { Plan, PlanStep } from "./types";
import { expiryWords, stateWords, stepHosts, summary, versionWords } from "./words";

const WIDTH = 100;
const WIDEST_HOSTS = 24;
/** Certificates of one cluster end together; one need not read of them all. */
const MOST_EXPIRIES = 3;

export function planText(plan: Plan): string {
  return [...head(plan), ...stepRows(plan), ...foot(plan)].join("\n");
}

function head(plan: Plan): string[] {
  const title = `${printable(plan.cluster)}  ${printable(versionWords(plan).join(", "))}`;
  const state = stateWords(plan).join(" · ");
  const oneLine = `${title}   ${state}`;
  const lines = oneLine.length <= WIDTH ? [oneLine] : [title, `  ${state}`];
  return [...lines.flatMap((line) => wrap(line, "  ")), ...labelled("problem", plan.problems)];
}

function stepRows(plan: Plan): string[] {
  if (plan.steps.length === 0) return [`  ${summary(plan)}`];
  const hosts = plan.steps.map((step) => printable(stepHosts(step, plan)));
  const wide = Math.min(WIDEST_HOSTS, Math.max(...hosts.map((text) => text.length)));
  const numbers = String(plan.steps.length).length;
  return plan.steps.flatMap((step, index) => {
    const number = String(step.number).padStart(numbers);
    const place = hosts[index]!;
    // Many hosts have a line of their own above what happens to them.
    const beside = place.length <= wide;
    const indent = " ".repeat(numbers + wide + 6);
    const rows = cells(step).flatMap((cell) => wrap(`${indent}${cell}`, `${indent}  `));
    if (!beside) return [...wrap(`  ${number}  ${place}`, " ".repeat(numbers + 4)), ...rows];
    return [`  ${number}  ${place.padEnd(wide)}  ${rows[0]!.trimStart()}`, ...rows.slice(1)];
  });
}

/** What happens, and below it what one should know. */
function cells(step: PlanStep): string[] {
  const action = step.reasons.length > 0 ? `repair: ${step.reasons.join("; ")} → ${step.action}` : step.action;
  const below = [
    ...step.notes,
    ...(step.restarts.length > 0 ? [`restarts ${step.restarts.join(", ")}`] : []),
    ...(step.apiImpact === "" ? [] : [`API gap: ${step.apiImpact}`]),
  ];
  return [printable(action), ...(below.length > 0 ? [`  ${printable(below.join("; "))}`] : [])];
}

function foot(plan: Plan): string[] {
  const all = plan.hosts.map(({ name }) => name);
  const [first] = plan.expires;
  const pressing = plan.expires.filter(({ due }) => due);
  const shown = pressing.length > 0 ? pressing.slice(0, MOST_EXPIRIES) : first ? [first] : [];
  const rest = Math.max(0, pressing.length - MOST_EXPIRIES);
  return [
    ...labelled("warning", plan.warnings),
    ...labelled("expires", [
      ...shown.map((expiry) => expiryWords(expiry, all)),
      ...(rest > 0 ? [`and ${rest} more that an update renews`] : []),
    ]),
  ];
}

function labelled(label: string, texts: string[]): string[] {
  return texts.flatMap((text) => wrap(`${label.padEnd(8)} ${printable(text)}`, " ".repeat(9)));
}

/** Lines of at most WIDTH columns, the first as it begins, all others indented; words that are too long are cut. */
function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  const start = /^ */.exec(text)![0];
  let line = start;
  let fresh = true;
  const next = () => {
    lines.push(line.trimEnd());
    line = indent;
    fresh = true;
  };
  // Two blanks in a row make an empty word, so columns survive.
  for (let word of text.slice(start.length).split(" ")) {
    if (!fresh && line.length + 1 + word.length > WIDTH) next();
    if (!fresh) word = ` ${word}`;
    while (line.length + word.length > WIDTH) {
      const room = WIDTH - line.length;
      line += word.slice(0, room);
      word = word.slice(room);
      next();
    }
    line += word;
    fresh = false;
  }
  return [...lines, line.trimEnd()];
}
