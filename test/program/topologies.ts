/** The two topologies that program tests run, recorded once a file. */
import { devConfig, etcdHostsConfig } from "../fixtures";
import { record } from "./engine";
import type { Recording } from "./recording";

const cache = new Map<string, Promise<Recording>>();

/** Three control planes with etcd, two workers. */
export function devCluster(): Promise<Recording> {
  return once("dev", async () => (await record(devConfig())).succeeded());
}

/** Three control planes, three etcd hosts, two workers. */
export function etcdHostsCluster(): Promise<Recording> {
  return once("etcd-hosts", async () => (await record(etcdHostsConfig())).succeeded());
}

function once(name: string, make: () => Promise<Recording>): Promise<Recording> {
  const made = cache.get(name) ?? make();
  cache.set(name, made);
  return made;
}
