/** The program with hosts that it asks: one SSH server in this process stands for all of them. */
import { appliedOf, type Commands } from "../../components/spec/applied";
import { holds, kubeadmPackages, packages, releasedPackages } from "../../components/host/apt";
import { clusterStage, hostStage } from "../../components/observe/checks/stages";
import { documentOf, linesOf } from "../../components/observe/reading/fixture";
import { ending, nameIn, simulateHosts, type SimulatedHosts } from "../../components/observe/simulated";
import { isSkippable } from "../../components/spec/checks/skips";
import { hasRole, isNode } from "../../components/spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../../components/spec/types";
import { devConfig, specOf, withHosts, type StackConfig } from "../fixtures";
import { record } from "./engine";
import type { Recording } from "./recording";
import { reveal } from "./wire";

export interface Answering {
  config: StackConfig;
  /** A run while these hosts are fresh machines, and these do not answer; all others are as the last update left them. */
  run(hosts: { fresh?: string[]; silent?: string[] }, config?: StackConfig, preview?: boolean): Promise<Recording>;
  close(): Promise<void>;
}

/** The dev stack after a complete update. */
export async function answeringCluster(): Promise<Answering> {
  let fresh: string[] = [];
  let commands: Commands = {};
  let silent: string[] = [];
  const server = await simulateHosts((channel, _command, input) => {
    const name = nameIn(input);
    if (silent.includes(name)) ending(channel, 1, "");
    else ending(channel, 0, documentOf(fresh.includes(name) ? {} : answers(spec, name, commands), Date.now()));
  });
  const config = configOf(server);
  const spec = specOf(config);
  const applied = appliedOf(spec);
  const last = await record({ ...config, observe: false }, { applied });
  ({ commands } = reveal(last.succeeded().stackOutputs["applied"]) as { commands: Commands });
  return {
    config,
    run: (hosts, wanted = config, preview = false) => {
      fresh = hosts.fresh ?? [];
      silent = hosts.silent ?? [];
      return record(wanted, { applied: { ...applied, commands }, preview });
    },
    close: () => server.close(),
  };
}

/** What hosts say is not to be judged, only what follows from it. */
function configOf({ port, hostKey, clientKey }: SimulatedHosts): StackConfig {
  const ssh = { ...(devConfig()["ssh"] as object), privateKeyFile: undefined, privateKey: clientKey, port };
  const judged = [...hostStage, ...clusterStage].map(({ id }) => id).filter(isSkippable);
  const skipChecks = [...judged, "ssh-addresses-unique", "host-keys-unique"];
  return withHosts(
    (hosts) => hosts.map((host) => ({ ...host, sshHost: "127.0.0.1", hostKey })),
    devConfig({ observe: true, ssh, skipChecks }),
  );
}

/** Of a host as the last update left it: what ran there, and every unit, package and hold. */
function answers(spec: ClusterSpec, name: string, commands: Commands): Record<string, string> {
  const host = spec.hosts.find((one) => one.name === name)!;
  const own = Object.entries(commands).filter(([resource]) => placeOf(spec, resource) === name);
  const done = own.map(([resource, { input, repair }]) => [`/var/lib/kubeadm-ha/done/${resource}`, [input, repair]]);
  return {
    files: linesOf(Object.fromEntries(done) as Record<string, string[]>),
    registered: "200",
    shell: "etcd-data\n",
    units: unitsOf(host).map(unit).join("\n"),
    packages: packagesOf(spec, host).join("\n"),
  };
}

/** What is the whole cluster's ran on the first control plane. */
function placeOf(spec: ClusterSpec, resource: string): string {
  return spec.hosts.find(({ name }) => resource.split("-").includes(name))?.name ?? "cp1";
}

function unitsOf(host: HostSpec): string[] {
  return [
    ...(isNode(host) ? ["containerd", "kubelet"] : []),
    ...(hasRole(host, Role.ControlPlane) ? ["haproxy", "keepalived"] : []),
    ...(hasRole(host, Role.Etcd) ? ["etcd"] : []),
  ];
}

function unit(name: string): string {
  return `Id=${name}.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nMainPID=0\n`;
}

function packagesOf(spec: ClusterSpec, host: HostSpec): string[] {
  const held = holds(spec, host);
  const wanted = [...packages(spec, host), ...releasedPackages(spec, host), ...kubeadmPackages(spec)];
  return wanted.map((entry) => {
    const [name = "", pattern = ""] = entry.split("=");
    return `${held.includes(name) ? "h" : "i"}i  ${name} ${pattern === "*" ? "1" : pattern.replace("*", "1")}`;
  });
}
