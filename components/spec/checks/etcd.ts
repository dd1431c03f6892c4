/** etcd's own settings. */
import type { Problem } from "../problem";
import { sentence } from "../sentence";

const GIB = 1024 ** 3;

/** Where data does not outlive the host's next boot, or is not data's place. */
const unfit = /^\/(tmp|var\/tmp|run|var\/run|dev|proc|sys|boot|etc|usr|bin|sbin|lib|lib64|root|home)(\/|$)/;

export const etcdChecks = [
  sentence("etcd-data-dir", "etcd's data is safe from kubeadm reset", ["etcd"], ({ etcd }) => {
    const words = unsafeDirectory(etcd.dataDir);
    const fix = "Use /var/lib/etcd-kubernetes, or a directory on a disk of its own";
    return words === undefined ? [] : [{ key: "etcd.dataDir", value: etcd.dataDir, reason: words, fix }];
  }),

  sentence("etcd-election-timeout", "an election waits for several heartbeats", ["etcd"], ({ etcd }): Problem[] => {
    const { heartbeatIntervalMs: heartbeat, electionTimeoutMs: election } = etcd;
    if (election >= 5 * heartbeat) return [];
    const reason = `is less than 5 heartbeats of ${heartbeat} ms, and etcd does not start so`;
    return [{ key: "etcd.electionTimeoutMs", value: String(election), reason, fix: `Set ${10 * heartbeat}` }];
  }),
];

export const etcdWarnings = [
  sentence(
    "etcd-quota-size",
    "etcd's database stays of a size that it is tested with",
    ["etcd"],
    ({ etcd }): Problem[] => {
      if (etcd.quotaBackendBytes <= 8 * GIB) return [];
      const reason = "is more than the 8 GiB that etcd suggests at most: starts and defragmentation get slow";
      return [
        { key: "etcd.quotaBackendBytes", value: String(etcd.quotaBackendBytes), reason, fix: `Plan for ${8 * GIB}` },
      ];
    },
  ),
];

function unsafeDirectory(path: string): string | undefined {
  if (path === "/var/lib/etcd" || path.startsWith("/var/lib/etcd/")) return "is wiped by `kubeadm reset`";
  if (unfit.test(path)) return "is no place for data that must last";
  if (path.split("/").length < 3 || path === "/var/lib") return "would take over a whole system directory";
  return undefined;
}
