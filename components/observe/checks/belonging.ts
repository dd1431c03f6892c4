/** Hosts are free, or this cluster's own: what belongs to somebody else is never touched. */
import { hasRole } from "../../spec/topology";
import { Role } from "../../spec/types";
import { bare, caFingerprint } from "../certificates";
import type { HostFacts } from "../facts";
import { check, everyHost, onHost, Severity, Weight, type Check, type Context, type Finding, type Seen } from "./check";
import { ours } from "./running";

const giveBack =
  "Remove it there: `kubeadm reset`, and then what that leaves (external etcd's data, /etc/cni/net.d, iptables rules); or take the host off the list";

export const belongingChecks: Check[] = [
  everyHost("host-free", "no host belongs to another cluster", Weight.Error, (each, { spec }) => {
    const { cluster, signs, claimCa } = each.facts.membership;
    if (cluster !== "" && cluster !== spec.name) {
      const ca = claimCa === "" ? "" : ` (CA ${fingerprint(claimCa)})`;
      const reason = `is the name of the cluster that this host belongs to${ca}, and nothing of it is touched`;
      return [
        onHost(each, cluster, { reason, fix: "Destroy that cluster, or take this host off the list" }, Severity.Error),
      ];
    }
    const [sign] = signs;
    if (cluster === spec.name || (sign === undefined && !runsKubelet(each.facts))) return [];
    const reason = `${sign === undefined ? "runs" : "exists"}, so the host is part of a cluster that this program did not build`;
    return [onHost(each, sign ?? "kubelet", { reason, fix: giveBack }, Severity.Error)];
  }),

  everyHost("node-ca", "nodes trust the CA that their host was claimed with", Weight.Error, (each) => {
    const { claimCa, clusterCa, cluster } = each.facts.membership;
    if (cluster === "" || claimCa === "" || clusterCa === "" || bare(claimCa) === bare(clusterCa)) return [];
    const reason = `is the CA of another cluster (${fingerprint(clusterCa)}, claimed with ${fingerprint(claimCa)})`;
    return [onHost(each, "/etc/kubernetes/pki/ca.crt", { reason, fix: giveBack }, Severity.Error)];
  }),

  check("one-ca", "all hosts of the cluster were claimed with one CA", Weight.Error, mixedClaims),

  everyHost("etcd-data-free", "no new host holds data of another etcd", Weight.Error, (each, { spec }) => {
    const { cluster, etcdData } = each.facts.membership;
    if (!etcdData || cluster !== "" || !hasRole(each.host, Role.Etcd)) return [];
    const reason = "holds the data of an etcd that is not this cluster's: its state would come back as this cluster's";
    const fix = "Move it away after a look inside, or choose another etcd.dataDir";
    return [onHost(each, spec.etcd.dataDir, { reason, fix }, Severity.Error)];
  }),
];

/** Whether the host belongs to somebody else, as `host-free` says. */
export function isTaken({ facts }: Seen, { spec }: Context): boolean {
  const { cluster, signs } = facts.membership;
  return cluster !== spec.name && (cluster !== "" || signs.length > 0 || runsKubelet(facts));
}

// One that was installed and never configured starts and ends all the time; it never comes so far as to listen.
function runsKubelet({ listeners }: HostFacts): boolean {
  return listeners.some(({ process }) => process === "kubelet");
}

// Of two CAs, the one that fewer hosts have is the odd one.
function mixedClaims(context: Context): Finding[] {
  const claimed = ours(context).filter(({ facts }) => facts.membership.claimCa !== "");
  const ca = (each: Seen) => bare(each.facts.membership.claimCa);
  const count = (each: Seen) => claimed.filter((other) => ca(other) === ca(each)).length;
  const [usual] = [...claimed].sort((a, b) => count(b) - count(a));
  return claimed.flatMap((each): Finding[] => {
    if (usual === undefined || ca(each) === ca(usual)) return [];
    const reason = `was claimed for a cluster ${context.spec.name} with another CA (${fingerprint(each.facts.membership.claimCa)}) than ${usual.host.name} (${fingerprint(usual.facts.membership.claimCa)})`;
    return [
      onHost(
        each,
        context.spec.name,
        { reason, fix: "Destroy that cluster, or take this host off the list" },
        Severity.Error,
      ),
    ];
  });
}

/** As `openssl x509 -fingerprint -sha256` has it, shortened. */
function fingerprint(pem: string): string {
  const sha256 = caFingerprint(pem);
  return sha256 === undefined ? "unreadable" : `sha256 ${sha256.slice(0, 16)}…`;
}
