/** Whether the hosts belong to the cluster that this stack's state knows: its CA tells. */
import * as pulumi from "@pulumi/pulumi";

import type { Problem } from "../spec/problem";
import { foreignClaims } from "./claims";
import type { Observations } from "./facts";

/** Set by `npm run adopt` for the preview that tells it what a lost state held. */
export const ADOPTING = "KUBEADM_HA_ADOPT";

/**
 * Whether a run that is refused already should still look whether the state was lost, or other problems would hide it.
 * An update should not: to know the state's CA is to declare it, and an update would make one.
 */
export function mayBeLost(observations: Observations | undefined): boolean {
  if (observations === undefined || !pulumi.runtime.isDryRun()) return false;
  return [...observations.values()].some(({ facts }) => facts !== undefined && facts.membership.claimCa !== "");
}

/**
 * Lost or old state must never build a second cluster on the hosts of a living one: every host whose claim was made with
 * another CA than the state's, or with any while the state holds none.
 */
export async function foreignHosts(
  clusterCa: pulumi.Output<string>,
  observations: Observations | undefined,
): Promise<Problem[]> {
  if (observations === undefined) return [];
  if (process.env[ADOPTING] && pulumi.runtime.isDryRun()) {
    void pulumi.log.warn(
      `${ADOPTING} is set: this preview does not ask whether the hosts are of this state's cluster; an update does.`,
    );
    return [];
  }
  return foreignClaims(await valueOf(clusterCa), observations);
}

/** Undefined while it is unknown: in the preview of a stack that does not have it yet. */
async function valueOf(output: pulumi.Output<string>): Promise<string | undefined> {
  const { isKnown } = output as unknown as { isKnown: Promise<boolean> };
  if (!(await isKnown)) return undefined;
  return new Promise((resolve) => output.apply(resolve));
}
