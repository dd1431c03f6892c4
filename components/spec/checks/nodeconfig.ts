/** KubeletConfiguration, KubeProxyConfiguration and containerd's settings: none that the program owns. */
import semver from "semver";
import { keyPath, show, type Problem } from "../problem";
import { sentence } from "../sentence";
import { containerdOwned, kubeletOwned, kubeProxyOwned, type Owned } from "./owned";

const modes = ["nftables", "iptables", "ipvs"];

export const nodeConfigChecks = [
  sentence("no kubelet field is one that the program sets", ["kubelet"], ({ kubelet }) =>
    ownedFields("kubelet", kubelet, kubeletOwned),
  ),

  sentence("no kube-proxy field is one that the program sets", ["kubeProxy"], ({ kubeProxy }) =>
    ownedFields("kubeProxy", kubeProxy, kubeProxyOwned),
  ),

  sentence("the kubelet's cgroup driver is one that containerd knows", ["kubelet"], ({ kubelet }) => {
    const driver = kubelet["cgroupDriver"];
    if (driver === undefined || driver === "systemd" || driver === "cgroupfs") return [];
    const reason = "is not a cgroup driver";
    return [
      { key: "kubelet.cgroupDriver", value: show(driver), reason, fix: "Remove it for systemd, or use cgroupfs" },
    ];
  }),

  sentence("kube-proxy has a mode of Linux", ["kubeProxy"], ({ kubeProxy }) => {
    const mode = kubeProxy["mode"];
    if (mode === undefined || modes.includes(String(mode))) return [];
    const reason = "is not a mode of kube-proxy on Linux";
    return [{ key: "kubeProxy.mode", value: show(mode), reason, fix: "Use nftables (the default) or iptables" }];
  }),

  sentence("no containerd setting is one that the program sets", ["containerd"], ({ containerd }) =>
    containerdOwned.flatMap(({ path, reason, fix }): Problem[] => {
      const value = path.reduce<unknown>(
        (tree, name) => (tree as Record<string, unknown> | undefined)?.[name],
        containerd.plugins,
      );
      if (value === undefined) return [];
      return [{ key: keyPath(["containerd", "plugins", ...path]), value: show(value), reason, fix }];
    }),
  ),
];

export const nodeConfigWarnings = [
  sentence("kube-proxy's mode has a future", ["kubeProxy", "versions"], ({ kubeProxy, versions }) => {
    const since = `${versions.kubernetesMinor}.0`;
    if (kubeProxy["mode"] !== "ipvs" || semver.lt(since, "1.35.0")) return [];
    const reason = "is deprecated from Kubernetes 1.35 on";
    return [{ key: "kubeProxy.mode", value: "ipvs", reason, fix: "Plan for nftables" }];
  }),
];

function ownedFields(section: string, fields: Record<string, unknown>, owned: Owned): Problem[] {
  return Object.keys(fields)
    .filter((field) => Object.hasOwn(owned, field))
    .map((field) => ({
      key: keyPath([section, field]),
      value: show(fields[field]),
      reason: `is not yours to set: ${owned[field]}`,
      fix: "Remove it",
    }));
}
