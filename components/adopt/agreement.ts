/** Whether the control planes that answered are of one cluster, and of the right one. Pure. */
import { bare, shortFingerprint } from "../observe/certificates";
import { show } from "../spec/problem";
import { AdoptError } from "./error";
import { SHARED, type KeyFiles } from "./files";

/** Of the claim: the cluster's name and the CA that the host was claimed with. */
export const CLAIM = "cluster";
export const CLAIM_CA = "claimed-ca.crt";

/** What one control plane said. */
export interface HostAnswer {
  host: string;
  /** Its claim and its shared files; undefined when it gave no answer. */
  files: KeyFiles | undefined;
  /** Why it gave none. */
  detail: string;
}

/** The control planes that hold the cluster's files, in the configuration's order. Throws unless all of them agree. */
export function holders(cluster: string, answers: HostAnswer[]): string[] {
  const members = answers.flatMap(({ host, files }) =>
    files?.get(CLAIM)?.trim() === cluster && files.has("ca.crt") ? [{ host, files }] : [],
  );
  const [first, ...others] = members;
  if (first === undefined) {
    throw new AdoptError(
      `no control plane holds the keys of the cluster ${cluster}`,
      answers.map((each) => why(each)),
    );
  }
  const differences = [
    ...members
      .filter(({ files }) => isClaimedWithAnother(files))
      .map(({ host }) => `${host} was claimed with another CA than its own ca.crt`),
    ...others.flatMap((other) => differencesOf(first, other)),
  ];
  if (differences.length > 0) throw new AdoptError(`the control planes are not of one cluster ${cluster}`, differences);
  return members.map(({ host }) => host);
}

interface Holder {
  host: string;
  files: KeyFiles;
}

function differencesOf(first: Holder, other: Holder): string[] {
  return SHARED.flatMap((name) => {
    const [mine, its] = [first.files.get(name), other.files.get(name)];
    if (mine === undefined || its === undefined || bare(mine) === bare(its)) return [];
    const which = name.endsWith(".crt") ? ` (sha256 ${shortFingerprint(its)}, not ${shortFingerprint(mine)})` : "";
    return [`${other.host} has another ${name} than ${first.host}${which}`];
  });
}

function why({ host, files, detail }: HostAnswer): string {
  if (files === undefined) return `${host}: ${detail}`;
  const name = files.get(CLAIM)?.trim() ?? "";
  if (name === "") return `${host} belongs to no cluster of this program`;
  return files.has("ca.crt")
    ? `${host} belongs to the cluster ${show(name)}`
    : `${host} has no ca.crt: it has not joined yet`;
}

function isClaimedWithAnother(files: KeyFiles): boolean {
  return bare(files.get(CLAIM_CA) ?? "") !== bare(files.get("ca.crt") ?? "");
}
