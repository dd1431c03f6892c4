/** Checks of what hosts and the running cluster say: each a named sentence that finds who breaks it. */
import type { DeclaredCommand } from "../../host/commands";
import { keyPath, type Problem } from "../../spec/problem";
import type { Named } from "../../spec/sentence";
import type { Applied } from "../../spec/applied";
import { HostState, type ClusterSpec, type HostSpec, type LeavingHost } from "../../spec/types";
import type { HostFacts, Observation, Observations } from "../facts";
import { knows } from "../questions";
import { needs } from "./needs";

export enum Severity {
  /** Ends the run before anything is changed. */
  Error = "error",
  /** Is said, and the run goes on. */
  Warning = "warning",
}

export interface Finding extends Problem {
  severity: Severity;
}

/** How much a broken check weighs, in the words of docs/checks.md. */
export enum Weight {
  Error = "error",
  Warning = "warning",
  /** See `gravity`. */
  ByHost = "error for a new host and before a change of versions, else warning",
  /** See `urgency`. */
  ByUpgrade = "error before a change of versions, else warning",
  /** See `outage`. */
  ByOutage = "error before a change of versions and before a host goes out of service, else warning",
  Both = "error or warning, by what is found",
}

/** What checks judge by. */
export interface Context {
  spec: ClusterSpec;
  observations: Observations;
  /** What the last complete update applied; undefined before the first. */
  applied: Applied | undefined;
  /** Milliseconds since 1970. */
  now: number;
  /** What the program declares; undefined before it has. */
  commands?: readonly DeclaredCommand[];
}

export interface Check extends Named {
  weight: Weight;
  find: (context: Context) => Finding[];
}

export function check(id: string, name: string, weight: Weight, find: (context: Context) => Finding[]): Check {
  return { id, name, weight, find };
}

/** A host of the configuration. */
export interface Placed {
  host: HostSpec;
}

/** A host that was asked and answered. */
export interface Seen extends Placed {
  facts: HostFacts;
  observation: Observation;
}

/** Every host of the configuration that gave facts, in its order. */
export function seen({ spec, observations }: Context): Seen[] {
  return spec.hosts.flatMap((host): Seen[] => {
    const observation = observations.get(host.name);
    return observation?.facts === undefined ? [] : [{ host, facts: observation.facts, observation }];
  });
}

/** Hosts that leave with this update and are still this cluster's. */
export function leavingSeen({ spec, observations }: Context): { host: LeavingHost; facts: HostFacts }[] {
  return spec.leaving.flatMap((host) => {
    const facts = observations.leaving?.get(host.name)?.facts;
    return facts?.membership.cluster === spec.name ? [{ host, facts }] : [];
  });
}

/** A part of the cluster that rests: it is left alone, and need not answer. */
export function isResting({ state, settled }: HostSpec): boolean {
  return settled && state === HostState.Maintenance;
}

/** Whether a host answered what a check judges by. */
export function answersTo(id: string): (seen: Seen) => boolean {
  return ({ facts }) => knows(facts, ...(needs[id] ?? []));
}

/** A check of one host at a time; one in maintenance is let be, and so is one that did not answer what is judged. */
export function everyHost(
  id: string,
  name: string,
  weight: Weight,
  find: (seen: Seen, context: Context) => Finding[],
): Check {
  return check(id, name, weight, (context) =>
    seen(context)
      .filter(({ host }) => !isResting(host))
      .filter(answersTo(id))
      .flatMap((each) => find(each, context)),
  );
}

export type Words = Pick<Problem, "reason" | "fix">;

/** Something found on a host: `hosts[2] (cp3) /dev/sda2: …`. */
export function onHost({ host }: Placed, value: string, words: Words, severity: Severity): Finding {
  return { key: `${keyPath(["hosts", host.place])} (${host.name})`, value, ...words, severity };
}

/** Something about a host's address: `hosts[2].ip 10.0.0.13 (cp3): …`. */
export function onAddress({ host }: Placed, words: Words, severity: Severity): Finding {
  return { key: keyPath(["hosts", host.place, "ip"]), value: `${host.ip} (${host.name})`, ...words, severity };
}

/** A word from a host that stands in a command for people to paste; one that a shell would read otherwise is left out. */
export function pasteable(word: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._@+~-]{0,99}$/.test(word) ? word : "NAME";
}
