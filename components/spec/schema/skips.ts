import { z } from "zod";
import { patterns } from "./patterns";
import { text } from "./text";

/** A list in the file; from the command line, `pulumi config set skipChecks a,b`, one text. */
export const skipChecksSchema = z
  .union(
    [
      z.array(text(patterns.checkId, "the name of a check", "swap-off")),
      text(patterns.checkIds, "names of checks with commas between them", "swap-off,clock-skew"),
    ],
    { error: "is not a list of names of checks" },
  )
  .default([])
  .describe(
    "Names of checks that do not stop a run, or that are not wanted: `docs/checks.md` lists all. Each is named in a warning in every run. A list, or one text with commas.",
  )
  .meta({ examples: [["swap-off"]] });

/** The names, whichever way they were written. */
export function skipList(given: z.output<typeof skipChecksSchema>): string[] {
  return typeof given === "string" ? given.split(",").filter((id) => id !== "") : given;
}
