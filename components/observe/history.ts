/** What commands are declared against: the last complete update and the hosts as they are. Pure. */
import type { History } from "../host/ledger";
import type { LastUpdate } from "../spec/record";
import type { ClusterSpec } from "../spec/types";
import { driftOf } from "./drift";
import type { HostFacts, Observations } from "./facts";

export function historyOf(spec: ClusterSpec, last: LastUpdate, observations: Observations = new Map()): History {
  const facts = [...observations.values()].flatMap(({ host, facts: seen }): [string, HostFacts][] =>
    seen ? [[host, seen]] : [],
  );
  return { recorded: last.commands, facts: new Map(facts), drift: driftOf(spec, observations) };
}
