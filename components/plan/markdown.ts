/** The plan as Markdown for a pull request. Everything that hosts and configurations say is escaped. Pure. */
import { printable } from "../spec/printable";
import { StepKind, type Plan, type PlanHost, type PlanStep } from "./types";
import { capital, expiryWords, inDays, sameVersion, stateWords, stepHosts, summary } from "./words";

export function planMarkdown(plan: Plan): string {
  const sections = [
    [`## ${escaped(plan.cluster)}: ${escaped(summary(plan))}`],
    [stateWords(plan).map(escaped).join(" · ")],
    list("Problems", plan.problems),
    list("Warnings", plan.warnings),
    table(["", "now", "wanted"], versionRows(plan)),
    steps(plan),
    folded("Hosts", table(["host", "address", "roles", "runs", "state"], plan.hosts.map(hostRow))),
    folded("Other resources", table(["change", "resource", "type", "differs"], otherRows(plan))),
    folded("What ends when", expiries(plan)),
    [`Made ${plan.made.slice(0, 16).replace("T", " ")} UTC by a preview; nothing was changed.`],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

/**
 * Text that stays text: nothing of it is markup, a table's border, a link, a mention or a reference, wherever it stands
 * in a line.
 */
export function escaped(text: string): string {
  return (
    printable(text)
      .replace(/[\\`*_{}[\]<>|~!$]/g, "\\$&")
      .replace(/&/g, "&amp;")
      .replace(/^([-+=])/, "\\$1")
      .replace(/^(\d+)([.)])(?=\s|$)/, "$1\\$2")
      .replace(/:(?=\/\/)/g, "&#58;")
      .replace(/\bwww\./gi, (word) => `${word.slice(0, -1)}&#46;`)
      // An invisible space parts the sign from the name that it would reach.
      .replace(/[@#]|\bGH-/gi, (sign) => `${sign === "#" ? "\\#" : sign}&#8203;`)
  );
}

function list(title: string, texts: string[]): string[] {
  if (texts.length === 0) return [];
  return [`### ${title}`, "", ...texts.map((text) => `- ${escaped(text)}`)];
}

/** Cells are Markdown already. */
function table(header: string[], rows: string[][]): string[] {
  if (rows.length === 0) return [];
  return [header, header.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
}

function folded(title: string, lines: string[]): string[] {
  if (lines.length === 0) return [];
  return ["<details>", `<summary>${title}</summary>`, "", ...lines, "", "</details>"];
}

function versionRows(plan: Plan): string[][] {
  return plan.versions.map(({ component, now, wanted }) => {
    const changes = now.some((version) => !sameVersion(version, wanted));
    const bold = changes ? `**${escaped(wanted)}**` : escaped(wanted);
    return [escaped(component), escaped(now.join(", ") || "–"), bold];
  });
}

function steps(plan: Plan): string[] {
  if (plan.steps.length === 0) return [`### ${capital(escaped(summary(plan)))}`];
  const header = ["step", "on", "what happens", "restarts", "API gap"];
  return [
    "### Steps",
    "",
    ...table(
      header,
      plan.steps.map((step) => stepRow(step, plan)),
    ),
  ];
}

function stepRow(step: PlanStep, plan: Plan): string[] {
  const repair = step.kind === StepKind.Repair ? `**repair:** ${step.reasons.map(escaped).join("; ")} → ` : "";
  return [
    String(step.number),
    escaped(stepHosts(step, plan)),
    [`${repair}${escaped(step.action)}`, ...step.notes.map(escaped)].join("; "),
    escaped(step.restarts.join(", ")),
    escaped(step.apiImpact),
  ];
}

function hostRow(host: PlanHost): string[] {
  const runs = Object.entries(host.runs).map(([name, version]) => `${name} ${version}`);
  const marks = [
    ...(host.maintenance ? ["in maintenance"] : []),
    ...(host.holdsVip ? ["holds the virtual IP"] : []),
    ...(host.member ? [`etcd ${host.member}`] : []),
    ...host.problems,
    ...(host.expires ? [`${host.expires.what} ends ${inDays(host.expires.days)}`] : []),
  ];
  return [host.name, host.ip, host.roles.join(", "), runs.join(", "), marks.join("; ")].map(escaped);
}

function otherRows(plan: Plan): string[][] {
  return (plan.others ?? []).map(({ op, type, name, differs }) => [op, name, type, differs.join(", ")].map(escaped));
}

function expiries(plan: Plan): string[] {
  const all = plan.hosts.map(({ name }) => name);
  return plan.expires.map((expiry) => `- ${escaped(expiryWords(expiry, all))}`);
}
