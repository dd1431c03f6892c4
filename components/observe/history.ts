/** What commands are declared against: the last complete update and the hosts as they are. Pure. */
import type { History } from "../host/ledger";
import type { LastUpdate } from "../spec/record";
import type { ClusterSpec } from "../spec/types";
import { driftOf } from "./drift";
import type { HostFacts, Observations } from "./facts";
import { knows, Question } from "./questions";

export function historyOf(spec: ClusterSpec, last: LastUpdate, observations: Observations = new Map()): History {
  // Of a host that could not say what ran there, nothing is repaired before it can.
  const facts = [...observations.values()].flatMap(({ host, facts: seen }): [string, HostFacts][] =>
    seen && knows(seen, Question.Files) ? [[host, seen]] : [],
  );
  const silent = new Set([...observations.values()].filter(({ facts: seen }) => !seen).map(({ host }) => host));
  return { recorded: last.commands, facts: new Map(facts), drift: driftOf(spec, observations), silent };
}
