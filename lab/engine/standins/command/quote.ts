/** Go's `%q`. */
const ESCAPES: Record<string, string> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** The text in double quotes, as the official provider prints a command in its errors. */
export function quoted(text: string): string {
  const escaped = [...text].map((char) => {
    const known = ESCAPES[char];
    if (known) return known;
    const code = char.codePointAt(0)!;
    return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, "0")}` : char;
  });
  return `"${escaped.join("")}"`;
}
