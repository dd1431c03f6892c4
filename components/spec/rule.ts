/** Rules of the way from the last complete update to what is wanted, each with a name as every check has. */
import type { Problem } from "./problem";
import type { Named } from "./sentence";

export interface Rule<Before, Next> extends Named {
  find: (before: Before, next: Next) => Problem[];
}

export function rule<Before, Next>(
  id: string,
  name: string,
  find: (before: Before, next: Next) => Problem[],
): Rule<Before, Next> {
  return { id, name, find };
}
