/** The running cluster was made with what the configuration says: with a lost record, its own files tell. */
import { Step } from "../../host/commands";
import { settingRules, type Settled } from "../../spec/changes";
import type { Problem } from "../../spec/problem";
import type { ClusterSpec } from "../../spec/types";
import type { HostFacts } from "../facts";
import { check, Severity, Weight, type Check, type Context, type Finding } from "./check";
import { nodesSeen } from "./cluster";
import { ours } from "./running";

/** Every node tells its DNS domain. */
const MOST_NAMES = 9;

export const settingChecks: Check[] = [
  check("settings-kept", "the cluster keeps the settings that it was made with", Weight.Error, (context) =>
    isMade(context)
      ? settingRules.flatMap(({ find }) => differing(context, (before) => find(before, context.spec)))
      : [],
  ),
];

// A first update that failed, for its VIP say, left files that bind nobody: no node came so far.
function isMade(context: Context): boolean {
  const cameSoFar = ({ registered, commands }: HostFacts) =>
    registered === true || commands.some(({ resource }) => resource.endsWith(`-${Step.Kubelet}`));
  return (
    context.applied !== undefined ||
    nodesSeen(context).length > 0 ||
    ours(context).some(({ facts }) => cameSoFar(facts))
  );
}

type Told = keyof HostFacts["settings"];

/** Where a rule's key finds its value. */
const sources: Record<string, Told> = {
  "network.podCidr": "podCidr",
  "network.serviceCidr": "serviceCidr",
  "network.dnsDomain": "dnsDomain",
  "etcd.dataDir": "etcdDataDir",
  "api.bindPort": "bindPort",
};

// What only few hosts have otherwise was changed there by hand, and is put right as any drift is.
function differing(context: Context, find: (before: Settled) => Problem[]): Finding[] {
  const groups = new Map<string, { problem: Problem; hosts: string[] }>();
  for (const { host, facts } of ours(context)) {
    for (const problem of find(asMade(context.spec, facts))) {
      const group = groups.get(`${problem.key} ${problem.reason}`) ?? { problem, hosts: [] };
      group.hosts.push(host.name);
      groups.set(`${problem.key} ${problem.reason}`, group);
    }
  }
  const telling = (key: string) =>
    ours(context).filter(({ facts }) => facts.settings[sources[key] ?? "endpoint"] !== "");
  return [...groups.values()]
    .filter(({ problem, hosts }) => 2 * hosts.length > telling(problem.key).length)
    .map(({ problem, hosts }) => ({
      ...problem,
      reason: `${problem.reason} (as ${namesOf(hosts)} ${hosts.length === 1 ? "runs" : "run"})`,
      severity: Severity.Error,
    }));
}

function namesOf(hosts: string[]): string {
  const more = hosts.length - MOST_NAMES;
  return more > 0 ? `${hosts.slice(0, MOST_NAMES).join(", ")} and ${more} others` : hosts.join(", ");
}

/** The configuration with what a host tells in its place. */
function asMade({ name, api, network, etcd }: ClusterSpec, { settings }: HostFacts): Settled {
  return {
    name,
    hosts: [],
    api: { ...api, ...endpointOf(api, settings.endpoint), bindPort: Number(settings.bindPort) || api.bindPort },
    network: {
      ...network,
      podCidr: settings.podCidr || network.podCidr,
      serviceCidr: settings.serviceCidr || network.serviceCidr,
      dnsDomain: settings.dnsDomain || network.dnsDomain,
    },
    etcd: { dataDir: settings.etcdDataDir || etcd.dataDir },
  };
}

// A virtual IP and a load balancer look the same from here.
function endpointOf(api: ClusterSpec["api"], url: string): Partial<Settled["api"]> {
  const [, host, port] = /^https:\/\/([^/:@]+):(\d+)$/.exec(url) ?? [];
  if (host === undefined) return {};
  return api.vip === undefined ? { loadBalancer: { host }, port: Number(port) } : { vip: host, port: Number(port) };
}
