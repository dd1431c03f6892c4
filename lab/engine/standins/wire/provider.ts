/** What a provider stand-in is made of: resource types with the life cycle of Pulumi's provider protocol. */
import type { Props } from "./values";

export type Severity = "debug" | "info" | "warning" | "error";

/** What every call brings along. */
export interface Call {
  urn: string;
  /** The resource's name, the last part of the URN. */
  name: string;
  type: string;
  /** Seconds the engine allows, 0 for the provider's own limit. */
  timeout: number;
  preview: boolean;
  /** Aborted by the engine's Cancel. */
  signal: AbortSignal;
  /** Shows a line on the resource's row; `status` lines do not stay in the final output. */
  log(severity: Severity, message: string, options?: { status?: boolean }): void;
}

export interface CheckFailure {
  property: string;
  reason: string;
}

export interface CheckCall extends Call {
  olds: Props;
  news: Props;
  randomSeed: Uint8Array;
  autonaming?: Autonaming;
}

/** How the engine wants a resource without a name to be named. */
export interface Autonaming {
  proposedName: string;
  mode: "propose" | "enforce" | "disable";
}

export interface CheckResult {
  inputs: Props;
  failures?: CheckFailure[];
}

export type DetailedKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

export interface DiffCall extends Call {
  id: string;
  /** Outputs in state. */
  olds: Props;
  news: Props;
  oldInputs: Props;
  ignoreChanges: string[];
}

export interface DiffResult {
  changed: boolean;
  replaces?: string[];
  diffs?: string[];
  stables?: string[];
  deleteBeforeReplace?: boolean;
  /** Path → kind; absent when the provider gives no detailed diff. */
  detailed?: Record<string, { kind: DetailedKind; inputDiff?: boolean }>;
}

export interface CreateCall extends Call {
  properties: Props;
}

export interface Created {
  id: string;
  properties: Props;
}

export interface ReadCall extends Call {
  id: string;
  properties: Props;
  inputs: Props;
}

export interface UpdateCall extends DiffCall {}

export interface DeleteCall extends Call {
  id: string;
  properties: Props;
  oldInputs: Props;
}

/** One resource type. What is left out is answered as the protocol's default. */
export interface ResourceType {
  check(call: CheckCall): CheckResult | Promise<CheckResult>;
  diff(call: DiffCall): DiffResult | Promise<DiffResult>;
  create(call: CreateCall): Promise<Created>;
  /** `undefined`: the resource is gone. Default: the state is returned as it is. */
  read?(call: ReadCall): Promise<{ id: string; properties: Props; inputs: Props } | undefined>;
  update?(call: UpdateCall): Promise<Props>;
  delete?(call: DeleteCall): Promise<void>;
}

/** One package of resource types. */
export interface Provider {
  /** The package: `command`. */
  name: string;
  /** The version of the official plugin that it stands in for. */
  version: string;
  acceptsOutputs?: boolean;
  autonaming?: boolean;
  resource(type: string): ResourceType | undefined;
  checkConfig?(news: Props): CheckResult;
  diffConfig?(call: { olds: Props; news: Props; oldInputs: Props }): DiffResult;
  configure?(args: Props): void | Promise<void>;
  /** The run is being cancelled. */
  cancel?(): void;
  invoke?(token: string, args: Props): Promise<Props> | Props;
}
