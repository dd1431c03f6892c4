/** What earlier runs left behind and what this one declares: decides which commands repair a host. Pure. */
import type { HostFacts } from "../observe/facts";
import type { Commands } from "../spec/applied";
import { printable } from "../spec/printable";
import { Change, UNFINISHED, type DeclaredCommand, type Step } from "./commands";

/** Characters of a repair's line. */
const LONGEST = 500;

export interface History {
  /** Of the last complete update, by resource; from the stack's outputs. */
  recorded: Commands;
  /** Facts by host; a host that was not asked, did not answer or could not tell what ran there is not there. */
  facts: ReadonlyMap<string, HostFacts>;
  /** What differs on a host from what the configuration says of a step, as sentences: `the unit haproxy is inactive`. */
  drift: ReadonlyMap<string, ReadonlyMap<Step, string[]>>;
  /** Hosts that were asked and did not answer. Default: none. */
  silent?: ReadonlySet<string>;
}

export interface Declaration {
  name: string;
  host: string;
  step: Step;
  input: string;
  /** An event of the past, which nothing repeats. */
  past: boolean;
  /** Of a host in maintenance: only an edit of the configuration reaches it. */
  unrepaired?: boolean;
  /** Of a host in maintenance, or of what is over: nothing runs it, and its record waits. */
  frozen?: boolean;
  /** An event that a fresh machine in the place of a known host makes happen again, in words: `a fresh machine (3f2a)`. */
  again?: string;
}

/** What one host would be given: where a command runs may be a choice. */
export interface Place {
  host: string;
  input: string;
}

/**
 * A repair is a line of a command's text that names what differs, so that the engine sees a change where the host has
 * changed and the configuration has not. The line then stays as it is until the next repair, which has another number:
 * what was repaired last is read from the host's own record, or else from the stack's.
 */
export class Ledger {
  private readonly commands: DeclaredCommand[] = [];
  private readonly past = new Set<string>();
  private readonly frozen = new Set<string>();

  constructor(private readonly history: History) {}

  /** Notes a command; its `repair` is what the text has to name. */
  declare(declaration: Declaration): DeclaredCommand {
    const { name, host, step, input } = declaration;
    const command = { name, host, step, input, ...this.judge(declaration) };
    this.commands.push(command);
    if (declaration.past) this.past.add(name);
    if (declaration.frozen) this.frozen.add(name);
    return command;
  }

  /**
   * Where a command of the whole cluster runs: where it already ran as it would be given, as far as is known, or else on
   * the first host that answers.
   *
   * @param places in the order of preference; at least one
   */
  placeOf(name: string, places: Place[]): Place {
    const { recorded, facts } = this.history;
    const unchanged = places.filter(({ input }) => input === recorded[name]?.input);
    const done = unchanged.find(({ host, input }) => this.onHost(host, name)?.input === input);
    const unseen = unchanged.find(({ host }) => !facts.has(host));
    return done ?? unseen ?? unchanged[0] ?? places.find(({ host }) => facts.has(host)) ?? places[0]!;
  }

  isSilent(host: string): boolean {
    return this.history.silent?.has(host) ?? false;
  }

  /** Whether the last complete update left a command of that name. */
  knows(name: string): boolean {
    return this.history.recorded[name] !== undefined;
  }

  /** Whether the last complete update gave this very text, and nothing asks for it again. */
  isIdle({ name, input, change }: DeclaredCommand): boolean {
    return change === Change.None && this.history.recorded[name]?.input === input;
  }

  /** Every command of this run, in the order of their declaration. */
  get declared(): readonly DeclaredCommand[] {
    return this.commands;
  }

  /** For the next run. */
  get record(): Commands {
    const lasting = this.commands.filter(({ name }) => !this.past.has(name) && !this.frozen.has(name));
    const waiting = Object.entries(this.history.recorded).filter(([name]) => this.frozen.has(name));
    return Object.fromEntries([
      ...lasting.map(({ name, input, repair }) => [name, { input, repair }] as const),
      ...waiting,
    ]);
  }

  private onHost(host: string, name: string): HostFacts["commands"][number] | undefined {
    return this.history.facts.get(host)?.commands.find(({ resource }) => resource === name);
  }

  private judge({
    name,
    host,
    step,
    input,
    past,
    unrepaired = false,
    frozen = false,
    again = "",
  }: Declaration): Pick<DeclaredCommand, "change" | "reasons" | "repair"> {
    const { recorded, facts, drift } = this.history;
    const last = recorded[name];
    const seen = facts.get(host);
    const onHost = this.onHost(host, name);
    const repair = oneLine(onHost?.repair ?? last?.repair ?? "");
    const as = (change: Change, reasons: string[] = []) => ({ change, reasons, repair });
    if (past || frozen) return as(Change.None);
    if (again !== "") return { change: Change.Repair, reasons: [again], repair: oneLine(again) };
    if (last?.input !== input) {
      // A run that was cut off may have come so far.
      if (onHost?.input === input) return as(Change.None);
      return as(last === undefined ? Change.New : Change.Edited);
    }
    if (seen === undefined || unrepaired) return as(Change.None);
    const reasons = [
      ...ownership(onHost?.input, input),
      ...seen.files.filter((file) => file.resource === name && file.state !== "same").map(fileSentence),
      ...(drift.get(host)?.get(step) ?? []),
    ];
    if (reasons.length === 0) return as(Change.None);
    const number = Math.max(numberOf(onHost?.repair), numberOf(last.repair)) + 1;
    return { change: Change.Repair, reasons, repair: oneLine(`${number}: ${reasons.join("; ")}`) };
  }
}

function ownership(onHost: string | undefined, input: string): string[] {
  if (onHost === input) return [];
  if (onHost === UNFINISHED) return ["its last run there did not end well"];
  return [onHost === undefined ? "the host does not know of it" : "the host was last given something else"];
}

function fileSentence({ path, state }: HostFacts["files"][number]): string {
  const words = { same: "", missing: "is missing", content: "was changed", mode: "has another mode or owner" };
  return `${path} ${words[state]}`;
}

/** Hosts have a say in it, and their own record leaves out exactly one line. */
function oneLine(text: string): string {
  return printable(text, LONGEST);
}

function numberOf(repair: string | undefined): number {
  return Number(/^(\d+): /.exec(repair ?? "")?.[1] ?? 0);
}
