import type { VersionsSpec } from "../types";
import { minorOf, minorVersions } from "../versions";

/** The versions section; a minor outside the table gets no pause tag, and a check refuses it. */
export function resolveVersions(
  kubernetes: string,
  etcd: string,
  containerd: string,
): Omit<VersionsSpec, "cniPlugins"> {
  const pause = minorVersions(kubernetes)?.pause ?? "";
  return { kubernetes, kubernetesMinor: minorOf(kubernetes) ?? "", etcd, containerd, pause };
}
