/** `npm run plan`: a preview, whose plan it writes as Markdown and as a page. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { messages, withEngine, type EnginePreview } from "./engine";
import { planHtml } from "./html";
import { planMarkdown } from "./markdown";
import { PLAN_FILE } from "./show";
import { planText } from "./text";
import { PLAN_FORMAT, type Plan } from "./types";

/** What a preview came to. */
export interface Preview {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `pulumi ARGS` with this added to its environment. */
export type Pulumi = (args: string[], env: Record<string, string>) => Promise<Preview>;

export interface PlanOptions {
  /** Folder for plan.md and plan.html. */
  out: string;
  /** Exit code 2 when there is something to do. */
  detailedExitCode: boolean;
  help: boolean;
  /** For `pulumi preview`. */
  rest: string[];
}

export const usage = `Usage: npm run plan -- [--out DIR] [--detailed-exitcode] [ARGS of pulumi preview…]

  --out DIR             where plan.md and plan.html go (default plan/)
  --detailed-exitcode   exit code 2 when there is something to do, 0 when there is nothing

All other arguments go to \`pulumi preview\`, such as --stack prod.
`;

const CHANGES = 2;

export function parsePlanArguments(argv: string[]): PlanOptions {
  const options: PlanOptions = { out: "plan", detailedExitCode: false, help: false, rest: [] };
  const rest = [...argv];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--out" || arg.startsWith("--out=")) {
      const value = arg === "--out" ? rest.shift() : arg.slice("--out=".length);
      if (!value) throw new Error("--out: no folder was named. Write --out DIR.");
      options.out = value;
    } else if (arg === "--detailed-exitcode") options.detailedExitCode = true;
    else if (arg === "--help" || arg === "-h") options.help = true;
    // The tool asks for JSON itself.
    else if (arg !== "--" && arg !== "--json") options.rest.push(arg);
  }
  return options;
}

/** Returns the exit code: of the preview when it fails. */
export async function planTool(argv: string[], pulumi: Pulumi): Promise<number> {
  const options = parsePlanArguments(argv);
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-ha-plan-"));
  try {
    const file = join(folder, "plan.json");
    const preview = await pulumi(["preview", "--json", ...options.rest], { [PLAN_FILE]: file });
    const engine = parsePreview(preview.stdout);
    if (preview.code !== 0) {
      process.stderr.write(`${failure(preview, engine)}\n`);
      return preview.code;
    }
    const plan = withEngine(readPlan(file), engine);
    writePages(plan, options.out);
    const changes = plan.steps.length > 0 || (plan.others ?? []).length > 0;
    return options.detailedExitCode && changes ? CHANGES : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writePages(plan: Plan, out: string): void {
  mkdirSync(out, { recursive: true });
  const pages = { "plan.md": planMarkdown(plan), "plan.html": planHtml(plan) };
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(out, name), text);
  const places = Object.keys(pages).map((name) => join(out, name));
  process.stdout.write(`${planText(plan)}\n\nWritten: ${places.join(", ")}\n`);
}

/** The engine prints one document; what comes before it is not its own. */
function parsePreview(stdout: string): EnginePreview {
  const start = stdout.search(/^\{/m);
  try {
    return JSON.parse(stdout.slice(Math.max(0, start))) as EnginePreview;
  } catch {
    return {};
  }
}

/** Why the preview failed, in its own words. */
function failure({ stdout, stderr }: Preview, engine: EnginePreview): string {
  const errors = [...new Set(messages(engine, "error"))];
  if (errors.length > 0) return errors.join("\n");
  const said = [stderr.trim(), engine.steps ? "" : stdout.trim()].filter((text) => text !== "");
  return said.join("\n") || "pulumi preview failed without a word";
}

function readPlan(file: string): Plan {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error("The preview went well and wrote no plan. Is this the folder of the kubeadm-ha program?");
  }
  const plan = JSON.parse(text) as Plan;
  if (plan.format !== PLAN_FORMAT) {
    throw new Error(`The plan has format ${String(plan.format)}, and this tool reads ${PLAN_FORMAT}. Run npm ci.`);
  }
  return plan;
}
