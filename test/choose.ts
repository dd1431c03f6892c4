/** The command line of a tool that runs one thing of several by name: `npm run bench -- NAME`, `npm run drill -- NAME`. */
import { endOnSignals } from "../lab/sh";

export interface Choice {
  what: string;
  /** Options after the name; without it there are none. */
  options?: string;
  run: (options: string[]) => Promise<void>;
}

/** Runs what the command line names, or lists what there is, and ends the process: 0 done, 1 failed, 2 no such thing. */
export function runChosen(tool: string, choices: Record<string, Choice>): void {
  endOnSignals();
  choose(tool, choices).then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      console.log(`${tool}: fail`);
      process.exit(1);
    },
  );
}

async function choose(tool: string, choices: Record<string, Choice>): Promise<number> {
  const [name, ...rest] = process.argv.slice(2);
  const chosen = name === undefined ? undefined : choices[name];
  if (name === "--list" || name === undefined) {
    for (const [key, { what, options = "" }] of Object.entries(choices)) {
      console.log(`${`${key} ${options}`.padEnd(26)}${what}`);
    }
    return 0;
  }
  if (!chosen || (rest.length > 0 && chosen.options === undefined)) {
    const known = Object.keys(choices).join(", ");
    console.error(`${tool}: unknown ${[name, ...rest].join(" ")}. Use one of ${known}, or --list.`);
    return 2;
  }
  await chosen.run(rest);
  return 0;
}
