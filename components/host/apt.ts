/** Package sources and the packages of each role, as the host's script takes them. Pure. */
import { isNode } from "../spec/topology";
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

/** `name=pattern` of every package that the host needs; `*` takes what the distribution offers. */
export function packages(spec: ClusterSpec, host: HostSpec): string[] {
  const kubernetes = `${spec.versions.kubernetes.slice(1)}-*`;
  const tools = ["curl=*", "ca-certificates=*"];
  const node = [
    `containerd.io=${spec.versions.containerd}-*`,
    `kubelet=${kubernetes}`,
    `kubeadm=${kubernetes}`,
    `kubectl=${kubernetes}`,
    "conntrack=*",
    "nftables=*",
    "iptables=*",
    "ethtool=*",
    "socat=*",
  ];
  const endpoint = ["haproxy=*", "keepalived=*"];
  return [...tools, ...(isNode(host) ? node : []), ...(host.roles.includes(Role.ControlPlane) ? endpoint : [])];
}

/** Packages that only the configuration moves: those at a version of ours and those that serve the API's address. */
export function holds(host: HostSpec): string[] {
  return [
    ...(isNode(host) ? ["containerd.io", "kubelet", "kubeadm", "kubectl"] : []),
    ...(host.roles.includes(Role.ControlPlane) ? ["haproxy", "keepalived"] : []),
  ];
}

function isUrl(key: string): boolean {
  return key.startsWith("https://");
}

function deb822Line(line: string): string {
  return line.trim() === "" ? " ." : ` ${line}`;
}
