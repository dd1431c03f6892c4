/** `npm run lab -- plan`: the plan of a preview of a lab's stack. */
import { planTool } from "../components/plan/tool";
import { runPulumi } from "./engine/pulumi";

/** Returns the exit code. */
export function plan(args: string[], lab: string): Promise<number> {
  return planTool(args, (command, env) => runPulumi(command, lab, { capture: true, env }));
}
