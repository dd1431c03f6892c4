import { apiWith } from "../../../spec/cases/case";
import type { RawConfig } from "../../../spec/fixture";
import { Severity } from "../check";
import type { Case, Change } from "./case";

/** What a host tells of one thing, changed. */
const tells =
  (settings: object): Change =>
  (facts) => ({ settings: { ...facts.settings, ...settings } });

/** A configuration that is not that of the cluster, with no record to say so. */
function stale(config: RawConfig, key: string, was: string): Case {
  const given = { config, appliedConfig: {}, lost: true as const };
  return {
    check: "settings-kept",
    given,
    key,
    severity: Severity.Error,
    says: [`was ${was}, `, "(as cp1, cp2, cp3"],
    // A first update that failed before any node came.
    fine: { ...given, facts: Object.fromEntries(["cp1", "cp2", "cp3", "w1", "w2"].map((name) => [name, nobody])) },
  };
}

const nobody = { registered: undefined, cluster: undefined };
const balanced = (host: string, port: number) => ({ api: { by: "load-balancer", loadBalancer: { host, port } } });

export const settingCases: Case[] = [
  stale({ network: { podCidr: "10.201.0.0/16" } }, "network.podCidr 10.201.0.0/16", "10.200.0.0/16"),
  stale({ network: { serviceCidr: "10.33.0.0/16" } }, "network.serviceCidr 10.33.0.0/16", "10.32.0.0/16"),
  stale({ network: { dnsDomain: "k8s.local" } }, "network.dnsDomain k8s.local", "cluster.local"),
  stale({ etcd: { dataDir: "/srv/etcd" } }, "etcd.dataDir /srv/etcd", "/var/lib/etcd-kubernetes"),
  stale(apiWith({ vip: "192.0.2.9" }), "api.vip 192.0.2.9", "192.0.2.10"),
  stale(apiWith({ port: 9443 }), "api.port 9443", "8443"),
  stale(apiWith({ bindPort: 6444 }), "api.bindPort 6444", "6443"),
  stale(balanced("lb.example", 6443), "api.loadBalancer.host lb.example", "192.0.2.10"),
  {
    check: "settings-kept",
    given: { config: balanced("lb.example", 7443), appliedConfig: balanced("lb.example", 6443), lost: true },
    key: "api.loadBalancer.port 7443",
    severity: Severity.Error,
    says: ["was 6443, ", "Set it back to 6443"],
    fine: { config: balanced("lb.example", 6443), lost: true },
  },
  {
    // All is down, and what was done is written on the hosts.
    check: "settings-kept",
    given: {
      config: { network: { podCidr: "10.201.0.0/16" } },
      appliedConfig: {},
      lost: true,
      facts: {
        cp1: { ...nobody, commands: [{ resource: "test-cp1-kubelet", input: "0", repair: "" }] },
        cp2: nobody,
        cp3: nobody,
        w1: nobody,
        w2: nobody,
      },
    },
    key: "network.podCidr 10.201.0.0/16",
    severity: Severity.Error,
    says: ["was 10.200.0.0/16, "],
  },
  {
    // The record says nothing of it.
    check: "settings-kept",
    given: { facts: { cp2: tells({ podCidr: "10.9.0.0/16" }), cp3: tells({ podCidr: "10.9.0.0/16" }) } },
    key: "network.podCidr 10.200.0.0/16",
    severity: Severity.Error,
    says: ["was 10.9.0.0/16, ", "(as cp2, cp3 run)"],
    // One that somebody changed by hand is put right.
    fine: { facts: { cp2: tells({ podCidr: "10.9.0.0/16", endpoint: "nonsense", bindPort: "x" }) } },
  },
];
