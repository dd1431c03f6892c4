/** Package sources and the packages of each role, as the host's script takes them. Pure. */
import { hasHaproxy, hasRole, isNode, virtualAddress } from "../spec/topology";
import { Role, type AptSource, type ClusterSpec, type HostSpec } from "../spec/types";
import type { VisibleFile } from "./script";

/** One deb822 source. A key given as text stands in the file; one given by URL is fetched into the keyring folder. */
export function sourceFile(source: AptSource): VisibleFile {
  const lines = [
    "Types: deb",
    `URIs: ${source.url}`,
    `Suites: ${source.suite}`,
    ...(source.components.length > 0 ? [`Components: ${source.components.join(" ")}`] : []),
  ];
  const key = isUrl(source.key)
    ? [`Signed-By: /etc/apt/keyrings/kubeadm-ha-${source.name}.asc`]
    : ["Signed-By:", ...source.key.trim().split("\n").map(deb822Line)];
  return { name: `${source.name}.sources`, content: [...lines, ...key].join("\n") };
}

/** `name=url` of every source whose key is fetched. */
export function keyUrls(sources: AptSource[]): string[] {
  return sources.filter((source) => isUrl(source.key)).map((source) => `${source.name}=${source.key}`);
}

/** What serves the API's address on a control plane: packages, and units of the same names. */
export function endpointPrograms(api: ClusterSpec["api"]): string[] {
  return [...(hasHaproxy(api) ? ["haproxy"] : []), ...(virtualAddress(api) ? ["keepalived"] : [])];
}

/** `name=pattern` of packages that may be installed at any time; `*` takes what the distribution offers. */
export function packages(spec: ClusterSpec, host: HostSpec): string[] {
  const tools = ["curl=*", "ca-certificates=*"];
  const node = ["conntrack=*", "nftables=*", "iptables=*", "ethtool=*", "socat=*"];
  const endpoint = endpointPrograms(spec.api).map((name) => `${name}=*`);
  return [...tools, ...(isNode(host) ? node : []), ...(hasRole(host, Role.ControlPlane) ? endpoint : [])];
}

/** `name=pattern` of the packages that a running node gets by its release, one node at a time. */
export function releasedPackages(spec: ClusterSpec, host: HostSpec): string[] {
  if (!isNode(host)) return [];
  const { containerd, cniPlugins } = spec.versions;
  const kubelet = `kubelet=${kubernetesPattern(spec)}`;
  const plugins = cniPlugins === undefined ? [] : [`kubernetes-cni=${cniPlugins}-*`];
  return [`containerd.io=${containerd}-*`, kubelet, ...plugins, ...kubeadmPackages(spec)];
}

/** kubeadm and its client, which come first of all to a control plane: they render what runs there. */
export function kubeadmPackages(spec: ClusterSpec): string[] {
  return ["kubeadm", "kubectl"].map((name) => `${name}=${kubernetesPattern(spec)}`);
}

function kubernetesPattern(spec: ClusterSpec): string {
  return `${spec.versions.kubernetes.slice(1)}-*`;
}

/** Packages that only the configuration moves: those at a version of ours and those that serve the API's address. */
export function holds(spec: ClusterSpec, host: HostSpec): string[] {
  return [
    ...(isNode(host) ? ["containerd.io", "kubelet", "kubernetes-cni", "kubeadm", "kubectl"] : []),
    ...(hasRole(host, Role.ControlPlane) ? endpointPrograms(spec.api) : []),
  ];
}

function isUrl(key: string): boolean {
  return key.startsWith("https://");
}

function deb822Line(line: string): string {
  return line.trim() === "" ? " ." : ` ${line}`;
}
