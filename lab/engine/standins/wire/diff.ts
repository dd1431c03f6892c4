/** Differences between two property maps, by the rules of Pulumi's own `PropertyMap.Diff`. */
import { equal, isProps, Marked, type Props, type Value } from "./values";

export type DiffKind = "add" | "delete" | "update";

/** One changed path: `a.b[0]`. */
export interface PropertyChange {
  path: string;
  /** The top-level property of the path. */
  root: string;
  kind: DiffKind;
}

const hasValue = (value: Value | undefined): boolean => value !== undefined && value !== null;
/** Secret and unknown at once: an output value, whose difference Pulumi ignores. */
const isOutput = (value: Value): boolean => value instanceof Marked && value.secret && !value.known;

function joined(path: string, key: string): string {
  if (!/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

type Found = (path: string, kind: DiffKind) => void;

function diffValues(path: string, old: Value, next: Value, found: Found): void {
  if (Array.isArray(old) && Array.isArray(next)) {
    for (let i = 0; i < Math.max(old.length, next.length); i++) {
      const [was, is] = [old[i], next[i]];
      const at = `${path}[${i}]`;
      if (was === undefined) found(at, "add");
      else if (is === undefined) found(at, "delete");
      else diffValues(at, was, is, found);
    }
  } else if (isProps(old) && isProps(next)) {
    diffProps(path, old, next, found);
  } else if (!equal(old, next)) {
    found(path, old === null ? "add" : next === null ? "delete" : "update");
  }
}

function diffProps(path: string, old: Props, next: Props, found: Found): void {
  for (const key of new Set([...Object.keys(old), ...Object.keys(next)])) {
    const [was, is] = [old[key], next[key]];
    const at = joined(path, key);
    if (is === undefined) {
      if (hasValue(was)) found(at, "delete");
    } else if (was === undefined) {
      if (hasValue(is)) found(at, "add");
    } else if (!isOutput(is)) {
      diffValues(at, was, is, found);
    }
  }
}

/** What changed from `old` to `next`, in the order of the paths. */
export function diff(old: Props, next: Props): PropertyChange[] {
  const changes: PropertyChange[] = [];
  for (const root of [...new Set([...Object.keys(old), ...Object.keys(next)])].sort()) {
    const one = (props: Props): Props => (root in props ? { [root]: props[root]! } : {});
    diffProps("", one(old), one(next), (path, kind) => changes.push({ path, root, kind }));
  }
  return changes;
}
