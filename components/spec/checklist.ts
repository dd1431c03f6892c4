/** The page of all checks, for whoever was refused by one. */
import { Weight, type Check } from "../observe/checks/check";
import { changeStage, clusterStage, commandStage, hostStage } from "../observe/checks/stages";
import { sameCluster } from "../observe/claims";
import { checks, warnings } from "./checks";
import { unskippable } from "./checks/skips";
import { code, tableOf } from "./markdown";
import type { Named } from "./sentence";

/** docs/checks.md, before it is formatted. */
export function checksPage(): string {
  return [
    "<!-- Written by components/spec/reference.ts from the lists of checks; change sentences there. -->",
    "# Checks",
    "What `pulumi preview` and `pulumi up` look at before anything is declared. All that is broken comes in one message, and nothing is changed. What is only a warning is said, and the run goes on.",
    "A check that stands in your way although you know better is skipped by its name: `pulumi config set --path 'skipChecks[0]' swap-off`, or `pulumi config set skipChecks swap-off,clock-skew`. Every run then names it in a warning, with what it would have said.",
    "## The configuration",
    "Judged without any host or network.",
    tableOf(header, [
      ...checks.map((each) => rowOf(each, Weight.Error)),
      ...warnings.map((each) => rowOf(each, Weight.Warning)),
    ]),
    "## The change",
    "Judged against what the last complete update recorded, whether hosts are asked or not. Before the first update, and after the loss of the state, there is nothing to compare with.",
    tableOf(header, changeStage.map(observedRow)),
    "## The hosts",
    "Judged by what every host says of itself when it is asked, read-only. With `observe: false` no host is asked and none of these is judged. A host is new until an update that includes it was done to its end.",
    tableOf(header, [rowOf(sameCluster, Weight.Error), ...hostStage.map(observedRow)]),
    "## The running cluster",
    "Judged by what its etcd members and API servers say. An upgrade of which something runs already counts as begun: it is finished, and what is not healthy is a warning. A step that was cut off before that explains what is wrong with its own host, and with no other.",
    tableOf(header, clusterStage.map(observedRow)),
    "## The update",
    "Judged by what the update would run on the hosts as they are, once all of it is declared. `pulumi preview` ends there; an update that was not previewed has begun by then, and says it as a warning.",
    tableOf(header, commandStage.map(observedRow)),
  ].join("\n\n");
}

const header = ["Name", "What must hold", "When it does not", "Can be skipped"];

function observedRow(check: Check): string[] {
  return rowOf(check, check.weight);
}

function rowOf({ id, name }: Named, weight: Weight): string[] {
  const why = unskippable[id];
  return [code(id), name, weight, why === undefined ? "yes" : `no: ${why}`];
}
