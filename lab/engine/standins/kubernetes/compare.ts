/** What changes from an object as it is to new inputs. */
import type { DetailedKind } from "../wire/provider";
import { UNKNOWN_TEXT } from "../wire/values";
import { forcesNew } from "./forcenew";
import { isObject, type Json, type JsonObject } from "./json";
import { isZero, sameScalar } from "./normalize";

export interface Change {
  kind: DetailedKind;
  inputDiff: boolean;
}

function joined(path: string, key: string): string {
  if (/[."[\]]/.test(key)) return `${path}["${key.replaceAll('"', '\\"')}"]`;
  return path === "" ? key : `${path}.${key}`;
}

/** Path → change. `live` has been pruned to what the old inputs speak about. */
export function changes(live: JsonObject, inputs: JsonObject, forceNew: string[]): Record<string, Change> {
  const found: Record<string, Change> = {};

  function add(path: string, kind: "add" | "delete" | "update", inputDiff = false): void {
    found[path] = { kind: forcesNew(path, forceNew) ? `${kind}-replace` : kind, inputDiff };
  }

  function compare(path: string, was: Json | undefined, is: Json | undefined): void {
    if (is === undefined) {
      if (was !== undefined && !isZero(was)) add(path, "delete", true);
    } else if (was === undefined) {
      if (!isZero(is)) add(path, "add");
    } else if (is === UNKNOWN_TEXT) {
      add(path, "update");
    } else if (isObject(was) && isObject(is)) {
      for (const key of new Set([...Object.keys(was), ...Object.keys(is)]))
        compare(joined(path, key), was[key], is[key]);
    } else if (Array.isArray(was) && Array.isArray(is)) {
      for (let i = 0; i < Math.max(was.length, is.length); i++) compare(`${path}[${i}]`, was[i], is[i]);
    } else if (!sameScalar(path, was, is)) {
      add(path, "update");
    }
  }

  compare("", live, inputs);
  return found;
}
