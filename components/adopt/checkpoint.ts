/** Composes a deployment in which the engine finds the seeds as if it had made them. Pure. */
import { randomUUID } from "node:crypto";

import { AdoptError } from "./error";
import type { Seed } from "./seeds";

/** What `pulumi stack export` prints, as far as it is read. */
export interface Export {
  version: number;
  deployment: Deployment | null;
}

export interface Deployment {
  resources?: State[];
  pending_operations?: unknown[];
  secrets_providers?: unknown;
}

/** A resource, in a deployment and in a preview's step. */
export interface State {
  urn: string;
  custom: boolean;
  type: string;
  id?: string;
  parent?: string;
  provider?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  [field: string]: unknown;
}

/** Of `pulumi preview --json`. */
export interface PreviewStep {
  op: string;
  urn: string;
  newState?: State;
  replaceReasons?: string[] | null;
  diffReasons?: string[] | null;
}

/** Stands in a preview for what is not known yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const STACK = "pulumi:pulumi:Stack";

/** What a state knows beyond names, as `type name`; components and default providers are nothing but names. */
export function holdings({ resources = [], pending_operations = [] }: Deployment): string[] {
  const custom = resources.filter((each) => each.custom && !each.type.startsWith("pulumi:providers:"));
  const under = pending_operations
    .map((each) => (each as { resource?: State }).resource)
    .filter((each) => each !== undefined);
  return [...custom, ...under].map(({ type, urn }) => `${type} ${urn.split("::").slice(3).join("::")}`);
}

/** The certificate of a cluster that a state knows, PEM. */
export function caOf({ resources = [] }: Deployment): string | undefined {
  const certificate = resources.find(({ urn }) => urn.endsWith("-kubernetes-cert"))?.outputs?.["certPem"];
  return typeof certificate === "string" ? certificate : undefined;
}

/** The stack's own resource. */
export function stackState(steps: PreviewStep[]): State {
  const stack = steps.find(({ newState }) => newState?.type === STACK)?.newState;
  if (stack === undefined) throw new AdoptError("the preview declared no stack");
  return named(stack);
}

/** The seeds as the preview of an empty stack declares them, with the components and providers above them. */
export function composed(steps: PreviewStep[], seeds: Seed[], newId: () => string = randomUUID): State[] {
  const declared = new Map(steps.flatMap(({ newState }) => (newState ? [[newState.urn, newState] as const] : [])));
  const places = seeds.map((seed) => ({ seed, state: placeOf(seed, [...declared.values()]) }));
  const components = new Map(places.flatMap(({ state }) => ancestors(state, declared)).map((each) => [each.urn, each]));
  const references = new Set(places.map(({ state }) => state.provider ?? ""));
  const providers = new Map([...references].map((reference) => [reference, providerState(reference, newId())]));
  return [
    ...[...components.values()].sort((a, b) => depth(a, declared) - depth(b, declared)).map(named),
    ...providers.values(),
    ...places.map(({ seed, state }) => filled(state, seed, providers.get(state.provider ?? "")!)),
  ];
}

/** What a preview would do with the seeds other than keep them, as sentences. */
export function touched(steps: PreviewStep[], seeds: Seed[]): string[] {
  return seeds.flatMap(({ type, name }) =>
    steps
      .filter(({ op, urn }) => op !== "same" && isOf(urn, type, name))
      .map(({ op, replaceReasons, diffReasons }) => {
        const why = [...new Set([...(replaceReasons ?? []), ...(diffReasons ?? [])])].join(", ");
        return `${op} ${name}${why === "" ? "" : ` (${why})`}`;
      }),
  );
}

/** Type and name are the last two parts of a URN. */
export function isOf(urn: string, type: string, name: string): boolean {
  const parts = urn.split("::");
  return parts[2]?.split("$").at(-1) === type && parts.slice(3).join("::") === name;
}

function placeOf({ type, name }: Seed, declared: State[]): State {
  const found = declared.filter(({ urn }) => isOf(urn, type, name));
  if (found.length === 1) return found[0]!;
  throw new AdoptError(`the program declares ${found.length} resources ${name} of type ${type}, not one`);
}

function ancestors(state: State, declared: Map<string, State>): State[] {
  const above = declared.get(state.parent ?? "");
  return above === undefined ? [] : [...ancestors(above, declared), above];
}

function depth(state: State, declared: Map<string, State>): number {
  return ancestors(state, declared).length;
}

/** A component is nothing but its name. */
function named({ urn, custom, type, parent }: State): State {
  return { urn, custom, type, ...(parent && { parent }) };
}

/** A default provider, as the engine makes it beside what it lists: `urn:…::default_5_6_1::id`. */
function providerState(reference: string, id: string): State {
  const urn = reference.split("::").slice(0, 4).join("::");
  const type = urn.split("::")[2] ?? "";
  const version = /::default_(\d+)_(\d+)_(\d+)$/.exec(urn)?.slice(1).join(".");
  if (!type.startsWith("pulumi:providers:") || version === undefined) {
    throw new AdoptError(`the preview names no default provider of one version: ${reference}`);
  }
  return { urn, custom: true, id, type, inputs: { __internal: {}, version }, outputs: { version } };
}

function filled(state: State, seed: Seed, provider: State): State {
  const inputs = { ...state.inputs, ...seed.inputs };
  if (JSON.stringify(inputs).includes(UNKNOWN)) {
    throw new AdoptError(`the preview does not know all inputs of ${seed.name}`);
  }
  const outputs = { ...inputs, ...seed.outputs, id: seed.id };
  return { ...state, id: seed.id, inputs, outputs, provider: `${provider.urn}::${provider.id}` };
}
