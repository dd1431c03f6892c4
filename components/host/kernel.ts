/** Kernel modules and sysctls of each role. Pure. */
import { hasHaproxy, hasRole, isNode } from "../spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";
import type { VisibleFile } from "./script";

/** Modules that pod networking needs at boot. */
export function modulesFile(host: HostSpec): VisibleFile {
  return { name: "modules", content: (isNode(host) ? ["overlay", "br_netfilter", "nf_conntrack"] : []).join("\n") };
}

/** Sysctls by role; HAProxy binds the virtual IP on hosts that do not hold it, hence ip_nonlocal_bind. */
export function sysctlFile({ api }: Pick<ClusterSpec, "api">, host: HostSpec): VisibleFile {
  const settings: Record<string, string> = {
    ...(isNode(host) && {
      "net.bridge.bridge-nf-call-iptables": "1",
      "net.bridge.bridge-nf-call-ip6tables": "1",
      "net.ipv4.ip_forward": "1",
      // The kernel's 128 are used up by kubelet, kube-proxy and a few dozen pods ("too many open files").
      "fs.inotify.max_user_instances": "8192",
    }),
    ...(hasHaproxy(api) && hasRole(host, Role.ControlPlane) && { "net.ipv4.ip_nonlocal_bind": "1" }),
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  return { name: "sysctl", content: ["# Set by kubeadm-ha.", ...lines].join("\n") };
}
