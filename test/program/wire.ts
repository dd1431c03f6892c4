/** Values as Pulumi's protocols carry them (facts of @pulumi/pulumi/runtime/rpc). */

/** Stands for a value that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const ENVELOPE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

export function secret(value: unknown): Record<string, unknown> {
  return { [ENVELOPE]: SECRET, value };
}

export function isSecret(value: unknown): boolean {
  return isTable(value) && value[ENVELOPE] === SECRET;
}

/** The value with every secret opened. */
export function reveal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reveal);
  if (!isTable(value)) return value;
  if (isSecret(value)) return reveal(value["value"]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reveal(item)]));
}

/** Every text in a value that no secret covers, with its path. */
export function openTexts(value: unknown, path = ""): { path: string; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => openTexts(item, `${path}[${index}]`));
  if (!isTable(value) || isSecret(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    { path: `${path}.${key} (the key)`, text: key },
    ...openTexts(item, `${path}.${key}`),
  ]);
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
