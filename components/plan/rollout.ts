/** The roll-out: who has a turn when, and every step with what it means. Pure. */
import { foreign, html, type Markup } from "./markup";
import { StepKind, type Plan, type PlanStep } from "./types";
import { capital, stepHosts, summary } from "./words";

const KINDS: Record<StepKind, string> = {
  [StepKind.Build]: "build",
  [StepKind.Change]: "change",
  [StepKind.Repair]: "repair",
  [StepKind.Verify]: "verify",
  [StepKind.Remove]: "remove",
};

export function rollout(plan: Plan): Markup {
  return html`<section id="rollout" tabindex="-1" aria-labelledby="rollout-title">
    <h2 id="rollout-title">Roll-out</h2>
    ${
      plan.steps.length === 0
        ? html`<p class="nothing">${capital(summary(plan))}.</p>`
        : html`${chart(plan)}
            <ol class="steps">
              ${plan.steps.map((step) => stepItem(step, plan))}
            </ol>`
    }
  </section>`;
}

/** Hosts by turns: one column for every turn of every step. */
function chart(plan: Plan): Markup {
  return html`<p class="hint">Turns go from left to right; how wide they are says nothing of time.</p>
    <ul class="legend" aria-label="Marks">
      <li><span class="bar change out"></span> something restarts or is drained</li>
      <li><span class="bar change in"></span> beside what runs</li>
    </ul>
    <div class="scroll" role="region" tabindex="0" aria-label="Turns by host and step">
      <table class="chart">
        <thead>
          <tr>
            <th scope="col">Step</th>
            ${plan.steps.map(
              ({ number, turns }) =>
                html`<th scope="colgroup" colspan="${turns.length}"><a href="#step-${number}">${number}</a></th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${chartHosts(plan).map(
            (host) =>
              html`<tr>
                <th scope="row">${foreign(host)}</th>
                ${plan.steps.map((step) => step.turns.map((turn, index) => cell(step, turn.includes(host), index)))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

function cell(step: PlanStep, busy: boolean, index: number): Markup {
  const first = index === 0 ? "first" : "";
  if (!busy) return html`<td class="${first}"></td>`;
  const what = step.drains ? "drained" : step.restarts.length > 0 ? "restarts" : KINDS[step.kind];
  const shade = step.drains || step.restarts.length > 0 ? "out" : "in";
  return html`<td class="${first}">
    <span class="bar ${KINDS[step.kind]} ${shade}"><span class="hidden">step ${step.number}, ${what}</span></span>
  </td>`;
}

/** Those of the configuration, then those that leave it. */
function chartHosts(plan: Plan): string[] {
  const all = [...plan.hosts.map(({ name }) => name), ...plan.steps.flatMap(({ hosts }) => hosts)];
  return [...new Set(all)].filter((name) => plan.steps.some(({ hosts }) => hosts.includes(name)));
}

function stepItem(step: PlanStep, plan: Plan): Markup {
  return html`<li id="step-${step.number}" class="step ${KINDS[step.kind]}" tabindex="-1">
    <span class="number" aria-hidden="true">${step.number}</span>
    <h3>
      <span class="hidden">Step ${step.number}:</span> <span class="on">${foreign(stepHosts(step, plan))}</span>
      ${step.kind !== StepKind.Change && html`<span class="kind">${KINDS[step.kind]}</span>`}
    </h3>
    <p class="action">${foreign(step.action)}</p>
    ${
      step.reasons.length > 0 &&
      html`<ul class="reasons" aria-label="Because">
        ${step.reasons.map((reason) => html`<li>${foreign(reason)}</li>`)}
      </ul>`
    }
    ${step.notes.map((note) => html`<p class="note">${foreign(note)}</p>`)} ${meaning(step)} ${turnsAndCommands(step)}
  </li>`;
}

function meaning(step: PlanStep): Markup {
  const rows: [string, string][] = [
    ["Restarts", step.restarts.join(", ")],
    ["API gap", step.apiImpact],
  ];
  const said = rows.filter(([, text]) => text !== "");
  if (said.length === 0) return html``;
  return html`<dl>
    ${said.map(
      ([term, text]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${foreign(text)}</dd>
        </div>`,
    )}
  </dl>`;
}

function turnsAndCommands({ turns, commands }: PlanStep): Markup {
  if (commands.length === 0) return html``;
  return html`<details>
    <summary>${turns.length > 1 ? "Turns and resources" : "Resources"}</summary>
    ${
      turns.length > 1 &&
      html`<ol class="turn-list" aria-label="Turns">
        ${turns.map((turn) => html`<li>${turn.map((host) => html`<span class="chip">${foreign(host)}</span> `)}</li>`)}
      </ol>`
    }
    <ul class="resources" aria-label="Resources">
      ${commands.map((name) => html`<li><code>${name}</code></li>`)}
    </ul>
  </details>`;
}
