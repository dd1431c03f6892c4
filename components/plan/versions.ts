/** Versions as a plan compares and shows them. Pure. */
import { compare, valid } from "semver";

/** `v1.35.4` and `1.35.4` are the same version. */
export function versionNumber(version: string): string {
  return version.replace(/^v/, "");
}

/** Each version once, oldest first; what is no version comes last. */
export function distinctVersions(versions: string[]): string[] {
  const all = [...new Set(versions.filter((version) => version !== ""))];
  return all.sort((a, b) => {
    if (!valid(a) || !valid(b)) return Number(!valid(a)) - Number(!valid(b)) || (a < b ? -1 : Number(a > b));
    return compare(a, b);
  });
}

/** `v1.35.4 → v1.36.3`, `v1.35.4`, `v1.34.8, v1.35.4 → v1.35.4`; only what is wanted before there was anything. */
export function transition(now: string[], wanted: string): string {
  const before = now.filter((version) => version !== "");
  const settled = before.every((version) => versionNumber(version) === versionNumber(wanted));
  return settled ? wanted : `${before.join(", ")} → ${wanted}`;
}
