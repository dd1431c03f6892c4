/** Whether the hosts belong to the cluster that this stack's state knows: its CA tells. */
import * as pulumi from "@pulumi/pulumi";

import { printable } from "../spec/printable";
import type { Problem } from "../spec/problem";
import { shortFingerprint } from "./certificates";
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

/** `ca` is the state's, PEM; undefined when the state holds none. Pure. */
export function foreignClaims(ca: string | undefined, observations: Observations): Problem[] {
  const known = ca === undefined ? undefined : shortFingerprint(ca);
  const groups = new Map<string, string[]>();
  for (const { host, facts } of observations.values()) {
    const { claimCa = "", cluster = "" } = facts?.membership ?? {};
    if (claimCa === "" || shortFingerprint(claimCa) === known) continue;
    const whose = `${printable(cluster)} (CA sha256 ${shortFingerprint(claimCa)})`;
    groups.set(whose, [...(groups.get(whose) ?? []), host]);
  }
  return [...groups].map(([whose, hosts]) => ({
    key: "state",
    value: "",
    reason: `${hosts.join(", ")} ${hosts.length === 1 ? "belongs" : "belong"} to the cluster ${whose}, and this stack's state ${
      known === undefined ? "knows no cluster" : `holds another CA (sha256 ${known})`
    }`,
    fix: "Bring the right state back (another backend, stack or backup), rebuild it from the hosts (npm run adopt), or give the hosts back (kubeadm reset) if that cluster may go",
  }));
}

/** Undefined while it is unknown: in the preview of a stack that does not have it yet. */
async function valueOf(output: pulumi.Output<string>): Promise<string | undefined> {
  const { isKnown } = output as unknown as { isKnown: Promise<boolean> };
  if (!(await isKnown)) return undefined;
  return new Promise((resolve) => output.apply(resolve));
}
