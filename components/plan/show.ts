/** Gives the plan to people at the end of a preview, and to `npm run plan`. */
import { renameSync, writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";

import { uncoloured } from "../spec/printable";
import { planText } from "./text";
import type { Plan } from "./types";

/** Names the file that `npm run plan` waits for. */
export const PLAN_FILE = "KUBEADM_HA_PLAN";

/** Shows the plan of a preview as a table; an update shows what it does by itself. */
export async function showPlan(plan: Plan): Promise<void> {
  if (!pulumi.runtime.isDryRun()) return;
  writePlan(plan);
  await pulumi.log.info(uncoloured(planText(plan)));
}

/** Writes the plan where the environment asks for it. */
export function writePlan(plan: Plan, file = process.env[PLAN_FILE]): void {
  if (!file) return;
  // Whoever reads it never sees half a plan.
  writeFileSync(`${file}.part`, `${JSON.stringify(plan)}\n`, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}
