/** Which versions a mirror serves. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { agnhost, cniFlannel, containerd, coredns, etcd, flannel, kubernetes, pause } from "../binaries/recipes";
import type { Recipe } from "../binaries/recipe";
import { labConfig } from "../config";
import type { LabConfig } from "../config";
import { LabError } from "../error";
import { labDir } from "../paths";

/** The versions of one mirror. */
export interface Wanted {
  /** `v1.35.4`; more than one when an upgrade is to follow. */
  kubernetesVersions: string[];
  /** `3.6.16` */
  etcdVersions: string[];
  containerdVersions: string[];
  flannelVersions: string[];
}

/** What is to be served beside what the stack file names. */
export type Further = Partial<Wanted>;

/**
 * What a lab's mirror serves: the stack file's versions, those asked for now, and those it served before, so that an
 * upgrade's source does not vanish when the stack file names the target.
 */
export function wantedVersions(lab: string, further: Further = {}): Wanted {
  return merged(labConfig(lab), further, readServed(lab));
}

/** What a stack file names. */
export type Named = Pick<LabConfig, "kubernetesVersion" | "etcdVersion" | "containerdVersion" | "flannelVersion">;

/** The versions of a stack file, those asked for and those served before, each once and in one order. */
export function merged(named: Named, further: Further, before: Further): Wanted {
  const all = (current: string, key: keyof Wanted) =>
    sortedUnique([current, ...(further[key] ?? []), ...(before[key] ?? [])]);
  return {
    kubernetesVersions: all(named.kubernetesVersion, "kubernetesVersions"),
    etcdVersions: all(named.etcdVersion, "etcdVersions"),
    containerdVersions: all(named.containerdVersion, "containerdVersions"),
    flannelVersions: all(named.flannelVersion, "flannelVersions"),
  };
}

/** Remembers what a lab's mirror serves. */
export function rememberServed(lab: string, wanted: Wanted): void {
  mkdirSync(dirname(servedFile(lab)), { recursive: true });
  writeFileSync(servedFile(lab), `${JSON.stringify(wanted, null, 2)}\n`);
}

/** Every recipe whose executables the content is made from. */
export function wantedRecipes(wanted: Wanted): Recipe[] {
  return [
    ...wanted.kubernetesVersions.map(kubernetes),
    ...wanted.etcdVersions.map(etcd),
    ...wanted.containerdVersions.map(containerd),
    ...wanted.flannelVersions.map((version) => flannel(version)),
    ...sortedUnique(wanted.kubernetesVersions.map(pauseTag)).map(pause),
    agnhost(),
    coredns(),
    cniFlannel(),
  ];
}

/** The pause image's tag that kubeadm of this version uses. */
export function pauseTag(kubernetesVersion: string): string {
  const minor = Number(/^v1\.(\d+)\./.exec(kubernetesVersion)?.[1]);
  if (minor === 34 || minor === 35) return "3.10.1";
  if (minor === 36) return "3.10.2";
  throw new LabError(
    `The lab's mirror does not know Kubernetes ${kubernetesVersion}.`,
    "Use v1.34, v1.35 or v1.36, or add the new version's pause image to lab/mirror/wanted.ts.",
  );
}

function servedFile(lab: string): string {
  return labDir(lab, "mirror", "served.json");
}

function readServed(lab: string): Further {
  if (!existsSync(servedFile(lab))) return {};
  try {
    return JSON.parse(readFileSync(servedFile(lab), "utf8")) as Further;
  } catch {
    // Cut off while it was written: the stack file's versions are served again.
    return {};
  }
}

function sortedUnique(values: string[]): string[] {
  return [...new Set(values)].sort();
}
