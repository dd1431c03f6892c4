/** The `runtime.options` of Pulumi.yaml that the official Node.js language host knows. */

export interface NodeOptions {
  /** Let @pulumi/pulumi transpile the program with ts-node. Default true. */
  typescript: boolean;
  /** Path of the tsconfig.json for ts-node. */
  tsconfig: string;
  /** Arguments for node itself, as one string in shell words. */
  nodeargs: string;
}

type RawOptions = Record<string, unknown>;

function optionOf<T>(options: RawOptions, key: string, type: "string" | "boolean", fallback: T): T {
  const value = options[key];
  if (value === undefined) return fallback;
  if (typeof value !== type) throw new Error(`${key} option must be a ${type}`);
  return value as T;
}

/** Throws when an option has a wrong type. */
export function parseOptions(options: RawOptions): NodeOptions {
  return {
    typescript: optionOf(options, "typescript", "boolean", true),
    tsconfig: optionOf(options, "tsconfig", "string", ""),
    nodeargs: optionOf(options, "nodeargs", "string", ""),
  };
}

/** Splits a line into words by the shell's rules for quotes and backslashes; `#` starts a comment. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quote === "'" && char !== "'") word = (word ?? "") + char;
    else if (char === "\\" && quote !== "'") {
      const next = line[++i];
      if (next === undefined) throw new Error("EOF found after escape character");
      word = (word ?? "") + next;
    } else if (quote !== "") {
      if (char === quote) quote = "";
      else word = (word ?? "") + char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "#" && word === undefined) {
      while (i + 1 < line.length && line[i + 1] !== "\n") i++;
    } else word = (word ?? "") + char;
  }
  if (quote !== "") throw new Error("EOF found when expecting closing quote");
  if (word !== undefined) words.push(word);
  return words;
}
