/** Whose the hosts are, held against the CA of the stack's state. Pure. */
import { printable } from "../spec/printable";
import type { Problem } from "../spec/problem";
import type { Named } from "../spec/sentence";
import { shortFingerprint } from "./certificates";
import type { Observations } from "./facts";

/** The check by its name; it is judged when the state's CA is known, after all others. */
export const sameCluster: Named = {
  id: "state-of-the-cluster",
  name: "hosts that belong to a cluster belong to that of the stack's state",
};

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
