/** Merges the engine's own plan (`pulumi preview --json`) into ours: what else changes, and whether both say the same. Pure. */
import { StepKind, type OtherChange, type Plan } from "./types";
import { count } from "./words";

/** The part of the engine's document that is read. */
export interface EnginePreview {
  steps?: EngineStep[];
  diagnostics?: { message?: string; severity?: string }[];
}

export interface EngineStep {
  op: string;
  urn: string;
  detailedDiff?: Record<string, unknown> | null;
  diffReasons?: string[];
  oldState?: { custom?: boolean };
  newState?: { custom?: boolean };
}

/** Reaches hosts that leave. What gives one back does nothing before, and the steps of those that leave stand for the others. */
const LOCAL = "command:local:Command";
const COMMANDS = ["command:remote:Command", LOCAL];
const REPLACES = ["create-replacement", "delete-replaced", "replace"];
const NO_CHANGE = ["same", "read", "refresh"];

/** The plan with the resources that are no commands on hosts, and a warning where the two lists of commands differ. */
export function withEngine(plan: Plan, preview: EnginePreview): Plan {
  const changes = changesOf(preview.steps ?? []).filter((change) => isDeleted(change) || change.type !== LOCAL);
  const commands = changes.filter(isCommand);
  // The step for hosts that leave stands for what is deleted with them.
  const removed = plan.steps.some(({ kind }) => kind === StepKind.Remove) ? [] : commands.filter(isDeleted);
  const others = [...changes.filter((change) => !isCommand(change)), ...removed];
  const known = plan.warnings.join("\n");
  const told = messages(preview, "warning").filter((message) => !known.includes(message));
  return { ...plan, others, warnings: [...plan.warnings, ...differences(plan, commands), ...told] };
}

/** What the engine said at one severity, as plain text. */
export function messages({ diagnostics }: EnginePreview, severity: string): string[] {
  return (diagnostics ?? []).filter((one) => one.severity === severity).map(({ message }) => plain(message ?? ""));
}

/** Without colours and the engine's own markup for them. */
function plain(message: string): string {
  return message
    .replace(/\u001b\[[0-9;]*m|<\{%[^%]*%\}>/g, "")
    .replace(/^warning: /, "")
    .trim();
}

/** One entry a resource, components and providers left out: they are nothing but names. */
function changesOf(steps: EngineStep[]): OtherChange[] {
  const changes = new Map<string, OtherChange>();
  for (const step of steps) {
    const [type, name] = [typeOf(step.urn), step.urn.split("::").slice(3).join("::")];
    const isCustom = (step.newState ?? step.oldState)?.custom === true;
    if (NO_CHANGE.includes(step.op) || !isCustom || type.startsWith("pulumi:providers:")) continue;
    const op = REPLACES.includes(step.op) ? "replace" : step.op;
    const differs = [...Object.keys(step.detailedDiff ?? {}), ...(step.diffReasons ?? [])];
    changes.set(step.urn, { op, type, name, differs: [...new Set(differs)].sort() });
  }
  return [...changes.values()];
}

/** The last of `parent$child`. */
function typeOf(urn: string): string {
  return (urn.split("::")[2] ?? "").split("$").at(-1)!;
}

function isCommand({ type }: OtherChange): boolean {
  return COMMANDS.includes(type);
}

function isDeleted({ op }: OtherChange): boolean {
  return op === "delete";
}

function differences(plan: Plan, commands: OtherChange[]): string[] {
  const listed = new Set(plan.steps.flatMap((step) => step.commands));
  const planned = new Set(commands.filter((command) => !isDeleted(command)).map(({ name }) => name));
  const missing = [...planned].filter((name) => !listed.has(name)).sort();
  const extra = [...listed].filter((name) => !planned.has(name)).sort();
  return [
    ...(missing.length > 0
      ? [`Pulumi also runs ${count(missing.length, "command")} that no step here names: ${missing.join(", ")}`]
      : []),
    ...(extra.length > 0
      ? [`Pulumi does not run ${count(extra.length, "command")} that steps here name: ${extra.join(", ")}`]
      : []),
  ];
}
