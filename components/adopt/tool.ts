/** `npm run adopt`: rebuilds the state of a cluster that this program built, from its keys. */
import { RunError } from "@pulumi/pulumi";

import { ADOPTING } from "../observe/identity";
import { specFrom } from "../spec/read";
import { shortFingerprint } from "../observe/certificates";
import { caOf, composed, holdings, stackState, touched, type Export, type PreviewStep } from "./checkpoint";
import { AdoptError } from "./error";
import { readFolder, type KeyFiles } from "./files";
import { readHosts } from "./hosts";
import { materialOf } from "./material";
import { seedsOf, type Seed } from "./seeds";
import { Stack, type Cli } from "./stack";

export const usage = `Usage: npm run adopt -- [--from DIR] [--up] [--stack NAME]

  --from DIR     a backup of the keys, laid out like /etc/kubernetes/pki;
                 without it they are read from a control plane
  --up           then bring everything else in step (pulumi up) and look whether nothing is left to do
  --stack NAME   the stack to adopt for, when it is not the selected one

For a stack whose state is lost: see docs/adopt.md.
`;

export interface AdoptOptions {
  from: string | undefined;
  up: boolean;
  stack: string | undefined;
  help: boolean;
}

export function parseAdoptArguments(argv: string[]): AdoptOptions {
  const options: AdoptOptions = { from: undefined, up: false, stack: undefined, help: false };
  const rest = argv.flatMap((arg) =>
    /^--(from|stack)=/.test(arg) ? [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)] : [arg],
  );
  const value = (name: string) => {
    const next = rest.shift();
    if (!next) throw new AdoptError(`${name}: its value is missing`);
    return next;
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--from") options.from = value(arg);
    else if (arg === "--stack" || arg === "-s") options.stack = value(arg);
    else if (arg === "--up") options.up = true;
    else if (arg === "--help" || arg === "-h") options.help = true;
    else throw new AdoptError(`${arg}: there is no such option. Run npm run adopt -- --help for those there are.`);
  }
  return options;
}

/** Returns the exit code. */
export async function adoptTool(argv: string[], cli: Cli): Promise<number> {
  try {
    const options = parseAdoptArguments(argv);
    if (options.help) {
      process.stdout.write(usage);
      return 0;
    }
    return await adopt(options, new Stack(cli, options.stack));
  } catch (error) {
    if (!(error instanceof AdoptError || RunError.isInstance(error))) throw error;
    process.stderr.write(`adopt: ${error.message}\n`);
    return 1;
  }
}

async function adopt({ from, up }: AdoptOptions, stack: Stack): Promise<number> {
  emptyState(await stack.export());
  say("asking the program what it would declare");
  const steps = await stack.preview({ [ADOPTING]: "1" });
  const seeds = await seedsFor(stack, steps, from);
  await seed(stack, steps, seeds);
  say(`the state holds what cannot be made anew: ${seeds.map(({ name }) => name).join(", ")}`);
  if (!up) {
    say("next: pulumi preview, then pulumi up: it finds everything else on the hosts, issues leaf certificates anew");
    return 0;
  }
  return bringInStep(stack);
}

/** Reads the keys and judges them; they stay in this process's memory. */
async function seedsFor(stack: Stack, steps: PreviewStep[], from: string | undefined): Promise<Seed[]> {
  const name = stackState(steps).urn.split("::")[0]!.split(":").at(-1)!;
  const spec = specFrom(await stack.config(), stack.root, name);
  let files: KeyFiles;
  if (from === undefined) {
    const read = await readHosts(spec);
    for (const each of read.silent) say(`not asked: ${each}`);
    say(`the keys of the cluster ${spec.name} are read from ${read.host}`);
    files = read.files;
  } else {
    files = readFolder(from);
    say(`the keys are read from ${from}`);
  }
  const material = materialOf(files);
  say(`they are those of the CA sha256 ${shortFingerprint(material.kubernetes.certificate.toString())}`);
  return seedsOf(spec.name, material);
}

/** Puts the seeds into the state, and takes them out again unless the engine finds them as they are wanted. */
async function seed(stack: Stack, steps: PreviewStep[], seeds: Seed[]): Promise<void> {
  const resources = composed(steps, seeds);
  const { version, deployment } = await withSecretsProvider(stack, steps);
  // Once more: the preview took its time.
  const before = emptyState(await stack.export());
  await stack.import({ version, deployment: { ...deployment, resources } });
  const problems = await stack.preview().then(
    (after) => touched(after, seeds),
    (error: unknown) => [error instanceof Error ? error.message : String(error)],
  );
  if (problems.length === 0) return;
  await stack.import(before);
  throw new AdoptError(
    "with these keys the program would not leave its cluster alone; the state is as it was",
    problems,
  );
}

/**
 * What is imported is encrypted by the secrets provider that the deployment itself names, and a state that was never
 * written names none. The backend writes one with any resource in it.
 */
async function withSecretsProvider(stack: Stack, steps: PreviewStep[]): Promise<Export> {
  const found = await stack.export();
  if (found.deployment?.secrets_providers !== undefined) return found;
  await stack.import({ ...found, deployment: { ...found.deployment, resources: [stackState(steps)] } });
  await stack.refresh();
  const written = await stack.export();
  if (written.deployment?.secrets_providers !== undefined) return written;
  throw new AdoptError("the stack names no secrets provider, so no key can be kept in it");
}

/** The state itself. Throws when it knows a cluster: that one is never overwritten. */
function emptyState(found: Export): Export {
  const held = holdings(found.deployment ?? {});
  if (held.length === 0) return found;
  const shown = held.slice(0, 5);
  const ca = caOf(found.deployment ?? {});
  throw new AdoptError(`this stack's state holds ${held.length} resources, and none of them is overwritten`, [
    ...(ca === undefined ? [] : [`it knows the cluster with the CA sha256 ${shortFingerprint(ca)}`]),
    ...shown,
    ...(held.length > shown.length ? [`and ${held.length - shown.length} more`] : []),
    "If it is the state of no cluster, as an update that was refused leaves it: keep a copy (pulumi stack export --file),",
    "then pulumi stack rm --force --preserve-config, pulumi stack init, and adopt again.",
  ]);
}

async function bringInStep(stack: Stack): Promise<number> {
  const code = await stack.show("up", "--yes", "--skip-preview", "--non-interactive");
  if (code !== 0) {
    say("the update did not end well: correct what it names, then pulumi up goes on where it stopped");
    return code;
  }
  const left = await stack.show("preview", "--expect-no-changes", "--non-interactive");
  say(left === 0 ? "adopted: state, hosts and configuration are one" : "a preview still names changes: see above");
  return left;
}

function say(text: string): void {
  process.stdout.write(`adopt: ${text}\n`);
}
