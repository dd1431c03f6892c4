import type { FileReader } from "../plain";
import type { Problem } from "../problem";

/** The text of a file that the config names, or a problem in the list. */
export function readNamed(
  key: string,
  path: string,
  fix: string,
  files: FileReader,
  problems: Problem[],
): string | undefined {
  try {
    return files(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push({ key, value: path, reason: `cannot be read: ${why}`, fix });
    return undefined;
  }
}
