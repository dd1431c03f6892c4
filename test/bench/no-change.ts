/** How long a run takes that has nothing to do. Needs the lab that LAB names, built by `npm run demo`. */
import { labName } from "../../lab/paths";
import { Lab } from "../lab/lab";
import { figure, median, seconds, timed } from "./figures";

const RUNS = 5;

/** The goal of an unchanged `up`; a minimal 32-task Ansible playbook of the same job needs 25 s. */
const GOAL_MS = 4000;

export async function noChange(lab = new Lab(labName())): Promise<void> {
  for (const command of ["preview", "up --skip-preview", "up"]) {
    const args = [
      ...command.split(" "),
      "--non-interactive",
      "--expect-no-changes",
      ...(command === "preview" ? [] : ["--yes"]),
    ];
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) times.push((await timed(() => lab.pulumiOk(...args))).ms);
    const note = `fastest ${seconds(Math.min(...times))}, slowest ${seconds(Math.max(...times))}`;
    figure(
      `no change: pulumi ${command}`,
      seconds(median(times)),
      command === "up" ? `${note}, goal ${seconds(GOAL_MS)}` : note,
    );
  }
}
