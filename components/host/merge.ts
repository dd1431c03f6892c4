/** Settings of an operator over the program's own. Pure. */

/** Plain nested settings, as tables of TOML and mappings of YAML are. */
export type Table = { [key: string]: unknown };

/** `over` wins; tables are merged, everything else is replaced. Keys are sorted, however somebody wrote them. */
export function merge(base: Table, over: Table): Table {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(over)])].sort();
  const value = (below: unknown, above: unknown): unknown => {
    if (isTable(above)) return merge(isTable(below) ? below : {}, above);
    if (above !== undefined) return above;
    return isTable(below) ? merge(below, {}) : below;
  };
  return Object.fromEntries(keys.map((key) => [key, value(base[key], over[key])]));
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
