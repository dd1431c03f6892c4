/** The two topologies that program tests run, recorded once a file. */
import { appliedOf } from "../../components/spec/applied";
import { devConfig, etcdHostsConfig, specOf, type StackConfig } from "../fixtures";
import { record } from "./engine";
import type { Recording } from "./recording";

const cache = new Map<string, Promise<Recording>>();

/** Three control planes with etcd, two workers. */
export function devCluster(): Promise<Recording> {
  return once("dev", () => recordAgain(devConfig()));
}

/** Three control planes, three etcd hosts, two workers. */
export function etcdHostsCluster(): Promise<Recording> {
  return once("etcd-hosts", () => recordAgain(etcdHostsConfig()));
}

/** A run on a cluster whose last complete update had the configuration `before`. */
export async function recordAgain(config: StackConfig, before = config): Promise<Recording> {
  return (await record(config, { applied: appliedOf(specOf(before)) })).succeeded();
}

function once(name: string, make: () => Promise<Recording>): Promise<Recording> {
  const made = cache.get(name) ?? make();
  cache.set(name, made);
  return made;
}
