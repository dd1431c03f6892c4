/** Whether a known name still stands for the same machine, as far as the record of the last update tells. Pure. */
import type { SettledHost } from "./leaving";
import { keyPath, type Problem } from "./problem";
import { HostState, type ClusterSpec } from "./types";

/**
 * Hosts with another SSH host key than the last complete update left: only the host itself can say whether it is a fresh
 * machine, to which everything has to happen anew, or the old one with a new key.
 */
export function unaskedMachines(before: SettledHost[], { hosts }: Pick<ClusterSpec, "hosts">): Problem[] {
  return hosts.flatMap(({ name, hostKey, state, place }): Problem[] => {
    const known = before.find((host) => host.name === name)?.hostKey ?? "";
    if (known === "" || known === hostKey || state === HostState.Maintenance) return [];
    const reason = `is not the key of ${name} at the last update, and with observe: false nobody asks whether it is a fresh machine`;
    const fix = "Set observe: true for this update";
    return [{ key: keyPath(["hosts", place, "hostKey"]), value: `${hostKey.slice(0, 28)}…`, reason, fix }];
  });
}
