/** Tables of the generated pages. */

export function tableOf(header: string[], rows: string[][]): string {
  return [header, Array<string>(header.length).fill("---"), ...rows].map(row).join("\n");
}

export function code(text: string): string {
  return `\`${text}\``;
}

function row(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
