/** Text from hosts and configurations, made harmless for any page or terminal before it is escaped for one. Pure. */

const LONGEST = 400;

/**
 * Control characters (terminals obey them), marks that turn the direction of writing (what follows would read
 * backwards), invisible characters, line ends and halves of surrogate pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** One line without anything that does not show, `\u{202e}` in the place of each such character; long text is cut. */
export function printable(text: string, longest = LONGEST): string {
  const shown = text.replace(/\s+/g, " ").replace(UNPRINTABLE, (mark) => `\\u{${mark.codePointAt(0)!.toString(16)}}`);
  return shown.length > longest ? `${[...shown].slice(0, longest - 1).join("")}…` : shown;
}
