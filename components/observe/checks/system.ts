/** Hosts are machines that a cluster of this configuration can run on. */
import semver from "semver";
import { hasRole, isNode, kubeletField } from "../../spec/topology";
import { Role } from "../../spec/types";
import {
  answersTo,
  check,
  everyHost,
  onHost,
  seen,
  Severity,
  Weight,
  type Check,
  type Context,
  type Finding,
} from "./check";
import { gravity } from "./running";

/** What `uname -m` says → the name in packages and archives. */
const architectures: Record<string, string> = { x86_64: "amd64", aarch64: "arm64" };

/** Oldest kernel that nodes are known to work with, and the oldest with all of nftables that kube-proxy's mode needs. */
const KERNEL = "5.4.0";
const KERNEL_FOR_NFTABLES = "5.13.0";

/** First minor whose kubelet refuses cgroup v1 unless told otherwise. */
const CGROUP2_SINCE = "1.35.0";

/** Oldest Debian that the program is tested on. */
const DEBIAN = 12;

export const systemChecks: Check[] = [
  everyHost("architecture", "every host has a supported architecture", Weight.ByHost, (each, context) => {
    const { architecture } = each.facts;
    const known = architectures[architecture];
    const severity = gravity(context, each.host);
    if (known === undefined) {
      const reason = "is an architecture for which there are no packages: only x86_64 and aarch64 are supported";
      return [onHost(each, architecture, { reason, fix: "Take the host off the list" }, severity)];
    }
    const { versions, mirror } = context.spec;
    const archive = `${versions.etcd}-${known}`;
    if (!hasRole(each.host, Role.Etcd) || mirror.etcdSha256[archive] !== undefined) return [];
    const reason = `needs the etcd archive ${archive}, and mirror.etcdSha256 has no checksum for it`;
    return [onHost(each, architecture, { reason, fix: `Add "${archive}" to mirror.etcdSha256` }, severity)];
  }),

  check("architecture-mixed", "new hosts have the architecture of the others", Weight.Warning, mixedArchitectures),

  everyHost("debian", "every host runs a Debian that the program is tested on", Weight.Both, (each, context) => {
    const { os, apt } = each.facts;
    const fix = "Install Debian 12 or 13";
    if (!apt) {
      const reason = "has no apt-get, and packages are installed with it";
      return [onHost(each, os.title, { reason, fix }, gravity(context, each.host))];
    }
    if (each.host.settled || (os.id === "debian" && !(Number.parseInt(os.version, 10) < DEBIAN))) return [];
    const reason = "is not what the program is tested on, Debian 12 and 13";
    return [onHost(each, os.title, { reason, fix: `${fix}, or try it on a host that may break` }, Severity.Warning)];
  }),

  everyHost("systemd", "every host runs systemd", Weight.ByHost, (each, context) => {
    if (each.facts.systemd) return [];
    const words = { reason: "does not run systemd, and every service is a unit of it", fix: "Boot it with systemd" };
    return [onHost(each, "", words, gravity(context, each.host))];
  }),

  everyHost("kernel", "every node has a kernel that is new enough", Weight.Both, (each, context) => {
    const version = semver.coerce(each.facts.kernel);
    if (version === null || !isNode(each.host)) return [];
    const mode = context.spec.kubeProxy["mode"] ?? "nftables";
    if (mode === "nftables" && semver.lt(version, KERNEL_FOR_NFTABLES)) {
      const reason = `is older than ${KERNEL_FOR_NFTABLES}, and kube-proxy's nftables mode does not work on it`;
      const fix = "Install a newer kernel, or set kubeProxy.mode: iptables";
      return [onHost(each, each.facts.kernel, { reason, fix }, gravity(context, each.host))];
    }
    if (semver.gte(version, KERNEL)) return [];
    const reason = `is older than ${KERNEL}, the oldest that nodes are known to work with`;
    return [onHost(each, each.facts.kernel, { reason, fix: "Install a newer kernel" }, Severity.Warning)];
  }),

  everyHost("cgroup", "every node has cgroup v2", Weight.Both, (each, context) => {
    const { cgroup } = each.facts;
    if (cgroup === 2 || !isNode(each.host) || kubeletField(context.spec, each.host, "failCgroupV1") === false)
      return [];
    const isRefused = cgroup !== 1 || semver.gte(`${context.spec.versions.kubernetesMinor}.0`, CGROUP2_SINCE);
    const reason = isRefused ? "and the kubelet does not start so" : "and the kubelet of 1.35 will not start so";
    const words = {
      reason: `${cgroup === 1 ? "is cgroup v1" : "is no cgroup at all"}, ${reason}`,
      fix: "Boot the host with cgroup v2 (systemd.unified_cgroup_hierarchy=1), or set kubelet.failCgroupV1: false for as long as v1 must stay",
    };
    const severity = isRefused ? gravity(context, each.host) : Severity.Warning;
    return [onHost(each, "/sys/fs/cgroup", words, severity)];
  }),

  everyHost("swap-off", "swap is off on every node", Weight.ByHost, (each, context) => {
    if (!isNode(each.host) || kubeletField(context.spec, each.host, "failSwapOn") === false) return [];
    return each.facts.swap.map((device) => {
      const reason = "is in use as swap, and the kubelet does not start with it";
      const fix = "Run `swapoff -a` and remove it from /etc/fstab, or set kubelet.failSwapOn: false";
      return onHost(each, device, { reason, fix }, gravity(context, each.host));
    });
  }),

  everyHost("selinux", "SELinux does not enforce on new nodes", Weight.Warning, (each) => {
    if (each.facts.selinux !== "enforcing" || each.host.settled || !isNode(each.host)) return [];
    const reason = "enforces, and the program sets no SELinux policy for containers";
    const fix = "Set it to permissive, or bring the policy and set enable_selinux under containerd.plugins";
    return [onHost(each, "SELinux", { reason, fix }, Severity.Warning)];
  }),
];

// Images and packages of both may well exist; whoever adds a host of another kind should know that they have to.
function mixedArchitectures(context: Context): Finding[] {
  const all = seen(context).filter(answersTo("architecture-mixed"));
  const [first] = [...all.filter(({ host }) => host.settled), ...all];
  return all.flatMap((each): Finding[] => {
    const { architecture } = each.facts;
    if (each.host.settled || first === undefined || architecture === first.facts.architecture) return [];
    const reason = `is not the ${first.facts.architecture} of ${first.host.name}, so every image that may run on both must exist for both`;
    const fix = "Check the images of your workloads and of the mirror, or use one architecture";
    return [onHost(each, architecture, { reason, fix }, Severity.Warning)];
  });
}
