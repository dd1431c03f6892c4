/** Text from hosts and configurations, made harmless for any page or terminal before it is escaped for one. Pure. */

const LONGEST = 400;

/**
 * Control characters (terminals obey them), marks that turn the direction of writing (what follows would read
 * backwards), invisible characters, line ends and halves of surrogate pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** Outer signs of `<{%` and `%}>`: what they enclose is a colour to Pulumi, which panics over one that it does not know. */
const COLOUR_MARKS = /<(?=\{%)|(?<=%\})>/g;

/** One line without anything that does not show, `\u{202e}` in the place of each such character; long text is cut. */
export function printable(text: string, longest = LONGEST): string {
  const shown = uncoloured(text.replace(/\s+/g, " ").replace(UNPRINTABLE, spelt));
  return shown.length > longest ? `${[...shown].slice(0, longest - 1).join("")}…` : shown;
}

/** Text in which Pulumi finds no colour, else as it is: what its diagnostics show. */
export function uncoloured(text: string): string {
  return text.replace(COLOUR_MARKS, spelt);
}

function spelt(mark: string): string {
  return `\\u{${mark.codePointAt(0)!.toString(16)}}`;
}
