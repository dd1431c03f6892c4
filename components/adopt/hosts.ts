/** Reads a cluster's keys from its control planes over SSH. */
import { dialler, LIMITS, type Dial } from "../observe/observe";
import { commandFor } from "../observe/script";
import { runSession } from "../observe/session";
import { readScript, shellQuote } from "../host/script";
import { controlPlanes } from "../spec/topology";
import type { ClusterSpec, HostSpec } from "../spec/types";
import { CLAIM, CLAIM_CA, holders, type HostAnswer } from "./agreement";
import { AdoptError } from "./error";
import { KEYS, placeOf, SHARED, type KeyFiles } from "./files";

const SCRIPT = readScript(__dirname, "keys.sh");
const LIMIT_SECONDS = 20;

/** Name → path on the host. */
const CLAIMS = new Map([
  [CLAIM, "/var/lib/kubeadm-ha/cluster"],
  [CLAIM_CA, "/var/lib/kubeadm-ha/ca.crt"],
]);

export interface HostKeys {
  /** The control plane that gave the keys. */
  host: string;
  files: KeyFiles;
  /** Control planes that were not heard, each with the reason. */
  silent: string[];
}

/** Asks every control plane for what is no secret, and the first that can give all of them for the keys. */
export async function readHosts(spec: ClusterSpec): Promise<HostKeys> {
  const dial = await dialler(spec.ssh);
  const hosts = controlPlanes(spec);
  const shared = new Map([...CLAIMS, ...placesOf(SHARED)]);
  const answers = await Promise.all(hosts.map((host) => ask(dial, host, shared)));
  const silent = answers.flatMap(({ host, files, detail }) => (files === undefined ? [`${host}: ${detail}`] : []));
  const failures: string[] = [];
  for (const name of holders(spec.name, answers)) {
    const host = hosts.find((each) => each.name === name)!;
    const { files, detail } = await ask(dial, host, placesOf([...SHARED, ...KEYS]));
    const missing = [...SHARED, ...KEYS].filter((file) => !files?.has(file));
    if (files !== undefined && missing.length === 0) return { host: name, files, silent };
    failures.push(files === undefined ? `${name}: ${detail}` : `${name} has no ${missing.map(placeOf).join(", ")}`);
  }
  throw new AdoptError("no control plane has all of the keys; give a backup of them by --from DIR", failures);
}

function placesOf(names: string[]): Map<string, string> {
  return new Map(names.map((name) => [name, placeOf(name)]));
}

async function ask(dial: Dial, host: HostSpec, places: Map<string, string>): Promise<HostAnswer> {
  const result = await runSession({
    ...dial(host),
    command: commandFor(dial(host).user, LIMIT_SECONDS),
    input: questionFor(places),
    limits: LIMITS,
  });
  if ("silence" in result) return { host: host.name, files: undefined, detail: result.detail };
  return { host: host.name, files: filesOf(result.output, places), detail: "" };
}

/** The program for `bash -s`. */
export function questionFor(places: Map<string, string>): string {
  return `FILES=(${[...places.values()].map(shellQuote).join(" ")})\n${SCRIPT}`;
}

/** What keys.sh printed, by name. */
export function filesOf(output: string, places: Map<string, string>): KeyFiles {
  const byPath = new Map(output.split("\n").map((line) => [line.split(" ")[0], line.split(" ")[1]] as const));
  return new Map(
    [...places].flatMap(([name, path]): [string, string][] => {
      const body = byPath.get(path);
      return body === undefined ? [] : [[name, Buffer.from(body, "base64").toString()]];
    }),
  );
}
