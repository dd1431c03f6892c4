/** The plan as one page that needs nothing else: no network, no script. Pure. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { foreign, html, Markup } from "./markup";
import { picture } from "./picture";
import { rollout } from "./rollout";
import { expiryTable, hostTable, otherTable, versionTable } from "./tables";
import type { Plan } from "./types";
import { capital, stateWords, summary } from "./words";

const STYLE = readFileSync(join(__dirname, "style.css"), "utf8");

const STYLE_ELEMENT = new Markup(`<style>${STYLE}</style>`);

/** Only this very style sheet, and nothing else at all. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export function planHtml(plan: Plan): string {
  return `<!doctype html>\n${page(plan).text}\n`;
}

function page(plan: Plan): Markup {
  return html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <title>${plan.cluster}: ${summary(plan)}</title>
      ${STYLE_ELEMENT}
    </head>
    <body>
      <a class="skip" href="#rollout">Skip to the roll-out</a>
      ${banner(plan)}
      <main>${notices(plan)} ${picture(plan)} ${rollout(plan)} ${details(plan)}</main>
      <footer>
        <p>
          Made by a preview on <time datetime="${plan.made}">${plan.made.slice(0, 16).replace("T", " ")} UTC</time>.
          Nothing was changed.
        </p>
      </footer>
    </body>
  </html>`;
}

function banner(plan: Plan): Markup {
  return html`<header>
    <p class="eyebrow">Roll-out plan</p>
    <h1>${foreign(plan.cluster)}</h1>
    <p class="lead">${capital(summary(plan))}.</p>
    <ul class="facts" aria-label="The cluster now">
      ${stateWords(plan).map((words) => html`<li>${words}</li>`)}
    </ul>
    ${versionTable(plan)}
  </header>`;
}

function notices(plan: Plan): Markup {
  return html`${notice("Problems now", "problem", plan.problems)} ${notice("Warnings", "warning", plan.warnings)}`;
}

function notice(title: string, kind: string, texts: string[]): Markup {
  if (texts.length === 0) return html``;
  return html`<section class="notice ${kind}" aria-labelledby="${kind}s">
    <h2 id="${kind}s">${title}</h2>
    <ul>
      ${texts.map((text) => html`<li>${foreign(text)}</li>`)}
    </ul>
  </section>`;
}

function details(plan: Plan): Markup {
  return html`<section aria-labelledby="details">
    <h2 id="details">Details</h2>
    ${hostTable(plan)} ${expiryTable(plan)} ${otherTable(plan)}
  </section>`;
}
