/** What must hold before any host is touched, as one list of sentences to read from top to bottom. */
import { topologyChecks } from "./checks/topology";
import type { Sentence } from "./sentence";

/** A broken one of these refuses the configuration. */
export const checks: Sentence[] = [...topologyChecks];

/** A broken one of these is said, and the run goes on. */
export const warnings: Sentence[] = [];
