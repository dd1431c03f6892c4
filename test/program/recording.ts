/** What one run of the program registered, and questions about it. */
import { isDeepStrictEqual } from "node:util";

import { reveal } from "./wire";

/** One RegisterResource request. */
export interface Resource {
  urn: string;
  type: string;
  name: string;
  custom: boolean;
  parent: string;
  /** As on the wire: secrets are still in their envelopes. */
  inputs: Record<string, unknown>;
  dependencies: string[];
  propertyDependencies: Map<string, string[]>;
  replaceOnChanges: string[];
  ignoreChanges: string[];
  deleteBeforeReplace: boolean;
  aliases: unknown[];
  hasHooks: boolean;
  deletedWith: string;
  /** `urn::id` of the provider; empty for a default one. */
  provider: string;
  additionalSecretOutputs: string[];
  hideDiffs: string[];
}

/** A difference between two recordings, by resource name. */
export interface Difference {
  added: string[];
  removed: string[];
  changed: string[];
}

export const COMMAND = "command:remote:Command";
/** Commands of the machine that runs Pulumi, which reach hosts by themselves. */
export const LOCAL_COMMAND = "command:local:Command";

export class Recording {
  /** In the order of registration. */
  readonly resources: Resource[] = [];
  /** URN → what registerOutputs gave. */
  readonly outputs = new Map<string, unknown>();
  /** `resource.output` → secret text that a provider handed out. */
  readonly secrets = new Map<string, string>();
  readonly errors: string[] = [];
  readonly messages: string[] = [];
  printed = "";
  exitCode = -1;
  private readonly byUrn = new Map<string, Resource>();

  add(resource: Resource): void {
    if (this.byUrn.has(resource.urn)) throw new Error(`Duplicate resource URN '${resource.urn}'`);
    this.byUrn.set(resource.urn, resource);
    this.resources.push(resource);
  }

  /** The recording itself, if the program ended well; else fails with what it said. */
  succeeded(): this {
    if (this.exitCode === 0 && this.errors.length === 0) return this;
    throw new Error(`the program ended with ${this.exitCode}:\n${this.errors.join("\n")}\n${this.printed}`);
  }

  /** What the program asked for, without the stack itself. */
  get wanted(): Resource[] {
    return this.resources.filter((resource) => resource.type !== "pulumi:pulumi:Stack");
  }

  get commands(): Resource[] {
    return this.resources.filter((resource) => resource.type === COMMAND);
  }

  get localCommands(): Resource[] {
    return this.resources.filter((resource) => resource.type === LOCAL_COMMAND);
  }

  /** The stack's own outputs. */
  get stackOutputs(): Record<string, unknown> {
    const stack = this.resources.find((resource) => resource.type === "pulumi:pulumi:Stack");
    return (this.outputs.get(stack?.urn ?? "") ?? {}) as Record<string, unknown>;
  }

  /** The command, or other custom resource, of that name. */
  custom(name: string): Resource {
    const found = this.resources.filter((resource) => resource.custom && resource.name === name);
    if (found.length === 1) return found[0]!;
    const names = this.resources.filter((resource) => resource.custom).map((resource) => resource.name);
    throw new Error(`${found.length} custom resources are named ${name}; there are ${names.join(", ")}`);
  }

  parentOf(resource: Resource): Resource | undefined {
    return this.byUrn.get(resource.parent);
  }

  /** Everything that must be done before a resource is: dependencies and their dependencies, and the provider. */
  before(resource: Resource): Set<Resource> {
    const found = new Set<Resource>();
    const visit = (urn: string) => {
      const next = this.byUrn.get(urn);
      if (!next || found.has(next)) return;
      found.add(next);
      this.direct(next).forEach(visit);
    };
    this.direct(resource).forEach(visit);
    return found;
  }

  /** The custom resources of that name, each with the names of what is done before it. */
  named(name: string): { type: string; before: Set<string> }[] {
    return this.resources
      .filter((resource) => resource.custom && resource.name === name)
      .map((resource) => ({
        type: resource.type,
        before: new Set([...this.before(resource)].map((earlier) => earlier.name)),
      }));
  }

  /** Whether one custom resource is done before another starts. */
  waitsFor(name: string, earlier: string): boolean {
    return this.before(this.custom(name)).has(this.custom(earlier));
  }

  private direct(resource: Resource): string[] {
    const provider = resource.provider.split("::").slice(0, 4).join("::");
    return [...resource.dependencies, ...[...resource.propertyDependencies.values()].flat(), provider];
  }
}

/** Which custom resources a second configuration adds, removes or changes, as the engine sees it. */
export function difference(first: Recording, second: Recording): Difference {
  const before = customs(first);
  const after = customs(second);
  const both = [...after.keys()].filter((name) => before.has(name));
  return {
    added: [...after.keys()].filter((name) => !before.has(name)).sort(),
    removed: [...before.keys()].filter((name) => !after.has(name)).sort(),
    changed: both.filter((name) => isChanged(before.get(name)!, after.get(name)!)).sort(),
  };
}

function customs(recording: Recording): Map<string, Resource> {
  return new Map(
    recording.resources
      .filter((resource) => resource.custom)
      .map((resource) => [`${resource.type} ${resource.name}`, resource]),
  );
}

/** An edge or an option alone changes nothing, and an ignored input goes on with its old value. */
function isChanged(before: Resource, after: Resource): boolean {
  const compared = ({ inputs, provider }: Resource) => {
    const seen = Object.entries(inputs).filter(([name]) => !after.ignoreChanges.includes(name));
    return { provider, inputs: reveal(Object.fromEntries(seen)) };
  };
  return !isDeepStrictEqual(compared(before), compared(after));
}
