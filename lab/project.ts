/** The folder that a lab's Pulumi runs in, and the subnet that its stack file is moved to. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { renderStack, stackFile, stacksDir } from "./config";
import { LabError } from "./error";
import { withLock } from "./lock";
import { knownLabs, labDir, linkLabs, projectDir, repoDir, stateDir } from "./paths";

const LINKED = ["index.ts", "components", "node_modules", "tsconfig.json", "package.json", "Pulumi.yaml"];

/** Makes a lab's folders, and for labs other than `dev` the project folder with its own stack file. Safe to run again. */
export async function ensureProject(lab: string, template = process.env.LAB_STACK): Promise<void> {
  linkLabs();
  mkdirSync(labDir(lab), { recursive: true, mode: 0o700 });
  if (lab === "dev") {
    if (template) {
      throw new LabError(
        `LAB_STACK=${template}: the lab dev always runs the repository's Pulumi.dev.yaml.`,
        `Give that stack a lab of its own: LAB=${template.slice(0, 11)} LAB_STACK=${template} npm run lab -- up`,
      );
    }
    return;
  }
  const project = projectDir(lab);
  mkdirSync(project, { recursive: true });
  for (const name of LINKED) ensureLink(join(project, name), join(repoDir, name));
  // Not by way of the repository's own link, which another state folder may have moved.
  ensureLink(join(project, ".lab"), stateDir("labs"));

  const file = stackFile(lab);
  if (existsSync(file)) {
    checkTemplate(lab, template);
    return;
  }
  const overlay = template === undefined ? undefined : readTemplate(template);
  const index = await ensureSubnetIndex(lab);
  const stack = renderStack(readFileSync(join(repoDir, "Pulumi.dev.yaml"), "utf8"), overlay, lab, index);
  writeFileSync(labDir(lab, "template"), template ?? "");
  writeFileSync(`${file}.tmp`, stack);
  renameSync(`${file}.tmp`, file);
}

/** The smallest N ≥ 1 that neither another lab nor an address of this machine uses; 10.77.0.0/24 is the lab dev's. */
export function freeSubnetIndex(used: Iterable<number>): number {
  const taken = new Set(used);
  for (let index = 1; index <= 255; index++) if (!taken.has(index)) return index;
  throw new LabError(
    "Every subnet 10.77.1.0/24 to 10.77.255.0/24 is used by another lab.",
    "End one: npm run lab -- down",
  );
}

async function ensureSubnetIndex(lab: string): Promise<number> {
  const file = labDir(lab, "subnet");
  return withLock(stateDir("subnets.lock"), { purpose: "choosing a subnet", limit: 30 }, async () => {
    if (existsSync(file)) return Number(readFileSync(file, "utf8"));
    const labs = knownLabs()
      .map((name) => labDir(name, "subnet"))
      .filter((name) => existsSync(name))
      .map((name) => Number(readFileSync(name, "utf8")));
    const index = freeSubnetIndex([...labs, ...machineSubnets()]);
    writeFileSync(file, `${index}\n`);
    return index;
  });
}

/** The N of every 10.77.N.x that this machine holds, so that two clones with states of their own keep apart. */
function machineSubnets(): number[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => /^10\.77\.(\d+)\./.exec(address)?.[1])
    .filter((index) => index !== undefined)
    .map(Number);
}

function readTemplate(name: string): string {
  const file = join(stacksDir, `${name}.yaml`);
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(file)) {
    throw new LabError(`LAB_STACK=${name}: there is no template lab/stacks/${name}.yaml.`, "Name one of lab/stacks/.");
  }
  return readFileSync(file, "utf8");
}

function checkTemplate(lab: string, template: string | undefined): void {
  const file = labDir(lab, "template");
  const used = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (template === undefined || template === used) return;
  throw new LabError(
    `LAB_STACK=${template}: the lab ${lab} was made from ${used || "Pulumi.dev.yaml"}.`,
    `End it first (LAB=${lab} npm run lab -- down), or use another LAB.`,
  );
}

function ensureLink(link: string, target: string): void {
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() && readlinkSync(link) === target) return;
  rmSync(link, { force: true, recursive: true });
  symlinkSync(target, link);
}
