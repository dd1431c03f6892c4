/** The life cycle that `command:remote:Command` and `command:local:Command` have in common. */
import { randomBytes } from "node:crypto";
import { diff } from "../wire/diff";
import type { Call, CheckFailure, DetailedKind, DiffCall, DiffResult, ResourceType } from "../wire/provider";
import { equal, isUnknown, mark, plain, UNKNOWN, type Props, type Value } from "../wire/values";
import type { Output } from "./outcome";
import { checkShape, type Shape } from "./shape";

/** Inputs that both have. */
export const COMMON: Shape = {
  triggers: { type: "array" },
  create: { type: "string" },
  update: { type: "string" },
  delete: { type: "string" },
  stdin: { type: "string" },
  logging: { type: "string" },
  environment: { type: "map" },
  addPreviousOutputInEnv: { type: "boolean" },
};
/** The schema's own word for it: only a change of the whole property replaces. */
const REPLACING = "triggers";

/** Runs a command with the resource's properties, without marks, and the output of the run before. */
type Run = (command: string, properties: never, call: Call) => Promise<Output>;

interface Commands {
  create?: string;
  update?: string;
  delete?: string;
}

function withIgnored(call: DiffCall): Props {
  const news = { ...call.news };
  for (const key of call.ignoreChanges) if (call.olds[key] !== undefined) news[key] = call.olds[key];
  for (const key of Object.keys(news)) if (key === "version" || key.startsWith("__")) delete news[key];
  return news;
}

function compare(call: DiffCall): DiffResult {
  const detailed: Record<string, { kind: DetailedKind }> = {};
  const [replaces, diffs] = [new Set<string>(), new Set<string>()];
  for (const { path, root, kind } of diff(call.oldInputs, withIgnored(call))) {
    const replace = path === REPLACING;
    detailed[path] = { kind: replace ? `${kind}-replace` : kind };
    diffs.add(root);
    if (replace) replaces.add(root);
  }
  return { changed: diffs.size > 0, replaces: [...replaces], diffs: [...diffs], detailed };
}

/** In preview an output becomes unknown as soon as an input it may depend on differs from what state has. */
function previewOutput(call: DiffCall, names: string[], news: Props, old: Value | undefined): Value {
  const differs = names.some((key) => {
    const [was, is] = [call.olds[key], news[key]];
    return isUnknown(is) || (was !== undefined && !equal(is ?? null, was));
  });
  return differs ? mark(old ?? "", { unknown: true }) : (old ?? "");
}

const id = (call: Call): string => call.name + randomBytes(4).toString("hex");

/** Inputs as they belong into state: nothing stays unknown after a real run. */
const runProperties = (props: Props): Commands => plain(props) as Commands;

/** The life cycle of a command with these inputs. */
export function lifeCycle(shape: Shape, start: Run): ResourceType {
  const names = Object.keys(shape);
  const inputsOf = (props: Props): Props =>
    Object.fromEntries(Object.entries(props).filter(([key]) => names.includes(key)));
  const run = (command: string, properties: object, call: Call) => start(command, properties as never, call);
  return {
    check({ news }) {
      const failures: CheckFailure[] = [];
      return { inputs: checkShape(shape, news, failures), failures };
    },
    diff: compare,
    async create(call) {
      const inputs = inputsOf(call.properties);
      if (call.preview) return { id: id(call), properties: { ...inputs, stdout: UNKNOWN, stderr: UNKNOWN } };
      const properties = runProperties(inputs);
      const output =
        properties.create === undefined ? { stdout: "", stderr: "" } : await run(properties.create, properties, call);
      return { id: id(call), properties: { ...inputs, ...output } };
    },
    async update(call) {
      const inputs = inputsOf(withIgnored(call));
      const { stdout, stderr } = call.olds;
      if (call.preview)
        return {
          ...inputs,
          stdout: previewOutput(call, names, inputs, stdout),
          stderr: previewOutput(call, names, inputs, stderr),
        };
      const previous = plain({ stdout: stdout ?? "", stderr: stderr ?? "" }) as Output;
      const properties = { ...runProperties(inputs), ...previous };
      const command = properties.update ?? properties.create;
      return { ...inputs, ...(command === undefined ? previous : await run(command, properties, call)) };
    },
    async delete(call) {
      const properties = runProperties(call.properties);
      if (properties.delete !== undefined) await run(properties.delete, properties, call);
    },
  };
}
