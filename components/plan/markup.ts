/** HTML in which every value is escaped unless it is HTML itself. Pure. */
import { printable } from "../spec/printable";

/** Markup that was made here. */
export class Markup {
  constructor(readonly text: string) {}
}

type Value = string | number | Markup | Value[] | false | undefined;

/** The one way to make markup: values stand in text or in quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(parts.map((part, index) => part + (index < values.length ? render(values[index]) : "")).join(""));
}

function render(value: Value): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(render).join("");
  return escapedHtml(String(value));
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escapedHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
}

/** Text of somebody else: a direction of writing in it ends with it. */
export function foreign(text: string): Markup {
  return html`<bdi>${text}</bdi>`;
}
