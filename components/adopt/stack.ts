/** What the tool asks of the Pulumi CLI. */
import { messages, type EnginePreview } from "../plan/engine";
import { AdoptError } from "./error";
import type { Export, PreviewStep } from "./checkpoint";

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  env?: Record<string, string>;
  /** Standard input. */
  input?: string;
  /** Show the output as it comes instead of collecting it. */
  show?: boolean;
}

export interface Cli {
  /** Folder of the project. */
  root: string;
  /** Runs `pulumi ARGS`. */
  run: (args: string[], options?: CliOptions) => Promise<CliResult>;
}

type Preview = Omit<EnginePreview, "steps"> & { steps?: PreviewStep[] };

/** The stack of the operator's choice. */
export class Stack {
  constructor(
    private readonly cli: Cli,
    /** Of `--stack`; undefined: the selected one. */
    private readonly name: string | undefined,
  ) {}

  get root(): string {
    return this.cli.root;
  }

  async export(): Promise<Export> {
    return JSON.parse(await this.ok("stack", "export")) as Export;
  }

  /** The deployment goes by standard input: it holds keys. */
  async import(deployment: Export): Promise<void> {
    const { code, stderr } = await this.run(["stack", "import", "--non-interactive"], {
      input: JSON.stringify(deployment),
    });
    if (code !== 0) throw new AdoptError("pulumi stack import failed", lines(stderr));
  }

  /** The configuration as the program gets it, decrypted: texts by full key. */
  async config(): Promise<Record<string, string>> {
    const values = JSON.parse(await this.ok("config", "--json", "--show-secrets")) as Record<
      string,
      { value?: string }
    >;
    return Object.fromEntries(Object.entries(values).map(([key, { value }]) => [key, value ?? ""]));
  }

  /** What an update would do. */
  async preview(env: Record<string, string> = {}): Promise<PreviewStep[]> {
    const { code, stdout, stderr } = await this.run(["preview", "--json", "--non-interactive"], { env });
    const { steps, diagnostics } = previewOf(stdout);
    if (code === 0 && steps !== undefined) return steps;
    const errors = [...new Set(messages({ diagnostics }, "error"))];
    throw new AdoptError("pulumi preview failed", lines(errors.join("\n") || stderr));
  }

  /** Has the backend write a deployment, which then names the stack's secrets provider. */
  async refresh(): Promise<void> {
    await this.ok("refresh", "--yes", "--skip-preview", "--non-interactive");
  }

  /** Returns the exit code. */
  async show(...args: string[]): Promise<number> {
    return (await this.run(args, { show: true })).code;
  }

  private async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    if (code !== 0) throw new AdoptError(`pulumi ${args.join(" ")} failed`, lines(stderr));
    return stdout;
  }

  private run(args: string[], options?: CliOptions): Promise<CliResult> {
    return this.cli.run([...args, ...(this.name === undefined ? [] : ["--stack", this.name])], options);
  }
}

/** The engine prints one document; what comes before it is not its own. */
function previewOf(stdout: string): Preview {
  const start = stdout.search(/^\{/m);
  try {
    return JSON.parse(stdout.slice(Math.max(0, start))) as Preview;
  } catch {
    return {};
  }
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
