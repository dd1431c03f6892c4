/** Flags of components: numbers and booleans are for whoever writes YAML. */
interface Section {
  extraArgs: Record<string, string | number | boolean>;
}

/** A section whose flags are text, as components read them. */
export function resolveFlags<T extends Section>(
  section: T,
): Omit<T, "extraArgs"> & { extraArgs: Record<string, string> } {
  const texts = Object.entries(section.extraArgs).map(([flag, value]) => [flag, String(value)] as const);
  return { ...section, extraArgs: Object.fromEntries(texts) };
}
