/** What `npm run drill -- …` is asked to do. Pure. */
import { LabError } from "../../lab/error";
import type { Drill } from "./drill";

export interface Choice {
  drills: Drill[];
  /** Only tell what there is. */
  list: boolean;
  /** Of D10; undefined: its own. */
  idleMinutes: number | undefined;
}

/** `D01 D06`, `D04` for D04a to D04c, `all`, `--list`, `--idle-minutes 2`. Drills come in the order of the registry. */
export function chosen(argv: string[], drills: Drill[]): Choice {
  const names: string[] = [];
  let list = argv.length === 0;
  let idleMinutes: number | undefined;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === "--list") list = true;
    else if (word === "--idle-minutes") idleMinutes = minutes(argv[++index]);
    else names.push(word);
  }
  const unknown = names.filter((name) => name !== "all" && !drills.some((drill) => isNamed(drill, name)));
  if (unknown.length > 0) {
    throw new LabError(
      `There is no drill ${unknown.join(", ")}.`,
      `Name some of ${drills.map(({ name }) => name).join(", ")}, or all.`,
    );
  }
  const wanted = drills.filter((drill) => names.some((name) => name === "all" || isNamed(drill, name)));
  return { drills: wanted, list, idleMinutes };
}

/** `D04b` is meant by D04b and by D04. */
function isNamed({ name }: Drill, word: string): boolean {
  return name.toUpperCase().replace(/[A-Z]$/, "") === word.toUpperCase() || name.toUpperCase() === word.toUpperCase();
}

function minutes(text: string | undefined): number {
  const value = Number(text);
  if (text !== undefined && value > 0 && Number.isFinite(value)) return value;
  throw new LabError(
    `--idle-minutes ${text ?? ""}: no number of minutes.`,
    "Write --idle-minutes 2, or leave it out: 30.",
  );
}
