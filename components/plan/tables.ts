/** The page's tables. Pure. */
import { foreign, html, type Markup } from "./markup";
import type { Plan, PlanHost } from "./types";
import { capital, count, day, hostWords, inDays, sameVersion } from "./words";

export function versionTable(plan: Plan): Markup {
  return html`<table class="versions">
    <caption class="hidden">
      Versions now and wanted
    </caption>
    <thead>
      <tr>
        <th scope="col">Version of</th>
        <th scope="col">now</th>
        <th scope="col">wanted</th>
      </tr>
    </thead>
    <tbody>
      ${plan.versions.map(({ component, now, wanted }) => {
        const changes = now.some((version) => !sameVersion(version, wanted));
        return html`<tr>
          <th scope="row">${component}</th>
          <td>${now.length > 0 ? foreign(now.join(", ")) : "–"}</td>
          <td class="${changes ? "changes" : "stays"}">${foreign(wanted)}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

export function hostTable(plan: Plan): Markup {
  const columns = ["Host", "Address", "Roles", "Runs", "State", "Ends first"];
  const rows = plan.hosts.map((host) => [
    foreign(host.name),
    foreign(host.ip),
    html`${host.roles.join(", ")}`,
    foreign(
      Object.entries(host.runs)
        .map((entry) => entry.join(" "))
        .join(", ") || "–",
    ),
    foreign(host.problems.join("; ") || stateWord(host)),
    foreign(host.expires ? `${host.expires.what}, ${inDays(host.expires.days)}` : "–"),
  ]);
  return folded(`Hosts (${plan.hosts.length})`, columns, rows);
}

function stateWord({ maintenance, reachable }: PlanHost): string {
  if (maintenance) return "in maintenance";
  return reachable === undefined ? "not asked" : "no problem";
}

export function expiryTable(plan: Plan): Markup {
  const all = plan.hosts.map(({ name }) => name);
  const rows = plan.expires.map(({ what, hosts, when, days, due }) => [
    foreign(what),
    foreign(hostWords(hosts, all)),
    html`<time datetime="${when}">${day(when)}</time>`,
    html`${inDays(days)}`,
    html`${days < 0 ? "is over" : due ? "renewed by an update" : "not yet due"}`,
  ]);
  return folded(
    `What ends when (${plan.expires.length})`,
    ["Certificate", "First on", "Ends", "That is", "Renewal"],
    rows,
  );
}

export function otherTable(plan: Plan): Markup {
  const rows = (plan.others ?? []).map(({ op, name, type, differs }) => [
    html`${op}`,
    foreign(name),
    foreign(type),
    foreign(differs.join(", ") || "–"),
  ]);
  const title = count(rows.length, "other resource that changes", "other resources that change");
  return folded(capital(title), ["Change", "Resource", "Type", "Differs in"], rows);
}

/** Nothing when there are no rows. The first cell of a row names it. */
function folded(title: string, columns: string[], rows: Markup[][]): Markup {
  if (rows.length === 0) return html``;
  return html`<details>
    <summary>${title}</summary>
    <div class="scroll" role="region" tabindex="0" aria-label="${title}">
      <table>
        <thead>
          <tr>
            ${columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ([first, ...cells]) =>
              html`<tr>
                <th scope="row">${first}</th>
                ${cells.map((cell) => html`<td>${cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
