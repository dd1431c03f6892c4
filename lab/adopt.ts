/** `npm run lab -- adopt`: rebuilds the lost state of a lab's stack from its hosts. */
import { adoptTool } from "../components/adopt/tool";
import { runPulumi } from "./engine/pulumi";
import { projectDir } from "./paths";
import { inForeground } from "./sh";

/** Returns the exit code. */
export function adopt(args: string[], lab: string): Promise<number> {
  const root = projectDir(lab);
  return adoptTool(args, {
    root,
    run: (command, { env, input, show = false } = {}) =>
      inForeground(() => runPulumi(command, lab, { capture: !show, env, input })),
  });
}
