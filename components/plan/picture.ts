/** The picture of the cluster: clients, the virtual IP, and the hosts behind it by what they do. Pure. */
import { foreign, html, type Markup } from "./markup";
import { MemberState, type Plan, type PlanHost } from "./types";
import { count } from "./words";

const CONTROL_PLANE = "control-plane";
const ETCD = "etcd";
const WORKER = "worker";

export function picture(plan: Plan): Markup {
  const having = (role: string) => plan.hosts.filter(({ roles }) => roles.includes(role));
  const members = having(ETCD).filter(({ roles }) => !roles.includes(CONTROL_PLANE));
  const holder = plan.hosts.find(({ holdsVip }) => holdsVip);
  return html`<section aria-labelledby="cluster">
    <h2 id="cluster">The cluster now</h2>
    <div class="picture">
      <p class="endpoint">
        ${icon("clients")} clients ${arrow("right")} <span class="address">${foreign(plan.endpoint)}</span>
        <span class="where"
          >${holder ? html`on ${foreign(holder.name)}` : plan.build ? "not there yet" : "holder not known"}</span
        >
      </p>
      ${arrow("down")} ${layer("Control planes", having(CONTROL_PLANE))}
      ${members.length > 0 && html`${arrow("down")} ${layer("etcd members", members)}`}
      ${having(WORKER).length > 0 && html`${arrow("down")} ${layer("Workers", having(WORKER))}`}
    </div>
  </section>`;
}

function layer(title: string, hosts: PlanHost[]): Markup {
  const id = `layer-${title.toLowerCase().replace(/\W+/g, "-")}`;
  return html`<div class="layer">
    <h3 id="${id}">${title} <span class="count">${hosts.length}</span></h3>
    <ul class="hosts" aria-labelledby="${id}">
      ${hosts.map(card)}
    </ul>
  </div>`;
}

function card(host: PlanHost): Markup {
  const [state, words] = stateOf(host);
  return html`<li class="host ${state}">
    <h4>${foreign(host.name)}</h4>
    <p class="ip">${foreign(host.ip)}</p>
    <p class="state">${icon(state)} ${words}</p>
    ${marks(host)}
    ${
      Object.keys(host.runs).length > 0 &&
      html`<dl>
        ${Object.entries(host.runs).map(
          ([name, version]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${foreign(version)}</dd>
            </div>`,
        )}
      </dl>`
    }
    ${
      host.problems.length > 0 &&
      html`<ul class="problems">
        ${host.problems.map((problem) => html`<li>${foreign(problem)}</li>`)}
      </ul>`
    }
    ${
      host.steps.length > 0 &&
      html`<p class="turns">
        ${host.steps.length === 1 ? "Step" : "Steps"}
        ${host.steps.map((step) => html`<a href="#step-${step}">${step}</a> `)}
      </p>`
    }
  </li>`;
}

/** Class and words. */
function stateOf({ maintenance, reachable, problems, ready, runs }: PlanHost): [string, string] {
  if (maintenance) return ["unknown", "in maintenance"];
  if (reachable === undefined) return ["unknown", "not asked"];
  if (!reachable) return ["bad", "no answer"];
  if (problems.length > 0) return ["bad", count(problems.length, "problem")];
  if (Object.keys(runs).length === 0) return ["bare", "answers, nothing runs yet"];
  return ["good", ready ? "Ready" : "healthy"];
}

function marks({ holdsVip, member }: PlanHost): Markup {
  const leads = member === MemberState.Leader;
  if (!holdsVip && member === undefined) return html``;
  return html`<ul class="marks">
    ${holdsVip && html`<li class="vip">${icon("vip")} virtual IP</li>`}
    ${member !== undefined && html`<li class="${leads ? "leads" : "follows"}">${leads && icon("leader")} etcd ${member}</li>`}
  </ul>`;
}

const SHAPES: Record<string, Markup> = {
  good: html`<circle cx="8" cy="8" r="7" /><path class="stroke" d="M4.8 8.4 7 10.6 11.4 5.8" />`,
  bad: html`<path d="M8 1 15.4 14.4H.6Z" /><path class="stroke" d="M8 5.8v4M8 12v.2" />`,
  unknown: html`<circle class="ring" cx="8" cy="8" r="6" />`,
  bare: html`<circle class="ring dashed" cx="8" cy="8" r="6" />`,
  vip: html`<path d="M8 .8a5 5 0 0 1 5 5c0 3.6-5 9.4-5 9.4S3 9.4 3 5.8a5 5 0 0 1 5-5Z" />`,
  leader: html`<path d="m8 1.2 2 4.5 4.9.5-3.7 3.3 1.1 4.8L8 11.8l-4.3 2.5 1.1-4.800L1.1 6.2 6 5.7Z" />`,
  clients: html`<path d="M1 2.5h14v9H1Zm5 11h4v1H6Z" />`,
};

/** Beside words that say the same, so nothing for those who listen. */
function icon(name: string): Markup {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${SHAPES[name]}</svg>`;
}

function arrow(direction: string): Markup {
  return html`<svg class="arrow ${direction}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d="M8 1v13M3.5 9.5 8 14l4.5-4.5" />
  </svg>`;
}
