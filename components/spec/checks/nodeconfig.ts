/** KubeletConfiguration, KubeProxyConfiguration and containerd's settings: none that the program owns. */
import semver from "semver";
import { keyPath, show, type Problem } from "../problem";
import { sentence } from "../sentence";
import { isNode } from "../topology";
import type { HostSpec } from "../types";
import { containerdOwned, hostKubeletOwned, kubeletOwned, kubeProxyOwned, type Owned } from "./owned";

/** Fields of KubeletConfiguration that are often set, and that other checks go by. */
const switches = [
  "failSwapOn",
  "failCgroupV1",
  "protectKernelDefaults",
  "serializeImagePulls",
  "enableServer",
  "rotateCertificates",
  "enableDebuggingHandlers",
];

const modes = ["nftables", "iptables", "ipvs"];

export const nodeConfigChecks = [
  sentence(
    "kubelet-fields-not-owned",
    "no kubelet field is one that the program sets",
    ["kubelet", "hosts"],
    ({ kubelet, hosts }) => [
      ...ownedFields(["kubelet"], kubelet, kubeletOwned),
      ...hosts.flatMap((host, index) => ownedFields(["hosts", index, "kubelet"], host.kubelet, hostKubeletOwned)),
    ],
  ),

  sentence(
    "kube-proxy-fields-not-owned",
    "no kube-proxy field is one that the program sets",
    ["kubeProxy"],
    ({ kubeProxy }) => ownedFields(["kubeProxy"], kubeProxy, kubeProxyOwned),
  ),

  sentence("cgroup-driver", "the kubelet's cgroup driver is one that containerd knows", ["kubelet"], ({ kubelet }) => {
    const driver = kubelet["cgroupDriver"];
    if (driver === undefined || driver === "systemd" || driver === "cgroupfs") return [];
    const reason = "is not a cgroup driver";
    return [
      { key: "kubelet.cgroupDriver", value: show(driver), reason, fix: "Remove it for systemd, or use cgroupfs" },
    ];
  }),

  sentence(
    "kubelet-booleans",
    "the kubelet's switches are true or false",
    ["kubelet", "hosts"],
    ({ kubelet, hosts }) => [
      ...unclearSwitches(["kubelet"], kubelet),
      ...hosts.flatMap((host, index) => unclearSwitches(["hosts", index, "kubelet"], host.kubelet)),
    ],
  ),

  sentence("host-kubelet-on-nodes", "only nodes have kubelet fields", ["hosts"], ({ hosts }) =>
    hosts.flatMap((host, index): Problem[] => {
      if (isNode(host) || Object.keys(host.kubelet).length === 0) return [];
      const reason = `is for nothing: no kubelet runs on ${host.name}, which is no control plane and no worker`;
      return [{ key: keyPath(["hosts", index, "kubelet"]), value: "", reason, fix: "Remove it" }];
    }),
  ),

  sentence("kube-proxy-mode", "kube-proxy has a mode of Linux", ["kubeProxy"], ({ kubeProxy }) => {
    const mode = kubeProxy["mode"];
    if (mode === undefined || modes.includes(String(mode))) return [];
    const reason = "is not a mode of kube-proxy on Linux";
    return [{ key: "kubeProxy.mode", value: show(mode), reason, fix: "Use nftables (the default) or iptables" }];
  }),

  sentence(
    "containerd-settings-not-owned",
    "no containerd setting is one that the program sets",
    ["containerd"],
    ({ containerd }) =>
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
  sentence(
    "kube-proxy-mode-current",
    "kube-proxy's mode has a future",
    ["kubeProxy", "versions"],
    ({ kubeProxy, versions }) => {
      const since = `${versions.kubernetesMinor}.0`;
      if (kubeProxy["mode"] !== "ipvs" || semver.lt(since, "1.35.0")) return [];
      const reason = "is deprecated from Kubernetes 1.35 on";
      return [{ key: "kubeProxy.mode", value: "ipvs", reason, fix: "Plan for nftables" }];
    },
  ),
];

function unclearSwitches(section: PropertyKey[], fields: HostSpec["kubelet"]): Problem[] {
  return switches.flatMap((name): Problem[] => {
    const value = fields[name];
    if (value === undefined || typeof value === "boolean") return [];
    const reason = "is neither true nor false, and the kubelet would not start";
    return [
      { key: keyPath([...section, name]), value: show(value), reason, fix: "Write true or false without quotes" },
    ];
  });
}

function ownedFields(section: PropertyKey[], fields: Record<string, unknown>, owned: Owned): Problem[] {
  return Object.keys(fields)
    .filter((field) => Object.hasOwn(owned, field))
    .map((field) => ({
      key: keyPath([...section, field]),
      value: show(fields[field]),
      reason: `is not yours to set: ${owned[field]}`,
      fix: "Remove it",
    }));
}
