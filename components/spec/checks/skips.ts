/** Which checks may be skipped, and that `skipChecks` names only such. */
import { keyPath, type Problem } from "../problem";
import { changeRules } from "../rules";
import { sentence, type Named, type Sentence } from "../sentence";
import { nearest } from "../suggest";

const FOR_GOOD = "a running cluster cannot take it";

/** Checks without which there is no program to run, and why. */
export const unskippable: Record<string, string> = {
  "skip-checks-known": "it judges this list",
  "host-names-unique": "resources are named after hosts",
  "host-roles": "what is done to a host follows from its roles",
  "control-plane-exists": "there is no cluster without a control plane",
  "etcd-exists": "there is no cluster without etcd",
  "kubernetes-supported": "the versions of everything else come from the minor's row",
  "cidrs-well-formed": "addresses are computed from these blocks",
  "apt-keys": "packages are never taken unsigned",
  "host-key": "a host that is not the one meant is never talked to",
  "state-of-the-cluster": "no second cluster is ever built on the hosts of a living one",
  ...Object.fromEntries(["settings-kept", ...changeRules.map(({ id }) => id)].map((id) => [id, FOR_GOOD])),
};

/** Whether `skipChecks` may name a check. */
export function isSkippable(id: string): boolean {
  return !Object.hasOwn(unskippable, id);
}

/** The sentence about the list itself; `known` are all checks of all stages. */
export function skipSentence(known: () => Named[]): Sentence {
  return sentence("skip-checks-known", "skipped checks exist and may be skipped", ["skipChecks"], ({ skipChecks }) => {
    const ids = known().map(({ id }) => id);
    return skipChecks.flatMap((id, index): Problem[] => {
      const words = ids.includes(id) ? forbidden(id) : unknown(id, ids);
      return words === undefined ? [] : [{ key: keyPath(["skipChecks", index]), value: id, ...words }];
    });
  });
}

type Words = Pick<Problem, "reason" | "fix">;

function forbidden(id: string): Words | undefined {
  if (isSkippable(id)) return undefined;
  return { reason: `cannot be skipped: ${unskippable[id]}`, fix: "Take it off the list" };
}

function unknown(id: string, ids: string[]): Words {
  const near = nearest(id, ids);
  const fix = near === undefined ? "Use a name from docs/checks.md" : `Did you mean ${near}?`;
  return { reason: "is not the name of a check", fix };
}
