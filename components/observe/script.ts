/** What is sent to a host to ask it for its facts. Pure. */
import { holds, keyUrls, packages, releasedPackages, sourceFile } from "../host/apt";
import { readScript, shellQuote } from "../host/script";
import { controlPlanes, etcdMembers, hasRole, isNode } from "../spec/topology";
import { Role, type ClusterSpec, type HostSpec, type LeavingHost } from "../spec/types";
import type { Asked } from "./reading";

/** Packages whose presence matters, wanted or not. */
const FURTHER = [
  "containerd",
  "containerd.io",
  "cri-o",
  "cri-tools",
  "docker",
  "docker-ce",
  "docker.io",
  "etcd-server",
  "firewalld",
  "haproxy",
  "keepalived",
  "kubeadm",
  "kubectl",
  "kubelet",
  "kubernetes-cni",
  "runc",
  "ufw",
];

/** More hosts of one kind than any cluster should have; each probe costs the host a process. */
const MOST_PROBES = 9;

/** Seconds after which a host ends the script. */
export const SCRIPT_SECONDS = 75;

/** Seconds after which it begins no more questions and ends those it has: what was answered by then still has to be told. */
const ANSWER_SECONDS = SCRIPT_SECONDS - 20;

/** One host's questions: the program for `bash -s`, and what its answers are read with. */
export interface Questions {
  program: string;
  asked: Asked;
}

const SCRIPT = readScript(__dirname, "sources.sh") + readScript(__dirname, "facts.sh");

export function questionsFor(spec: ClusterSpec, host: HostSpec): Questions {
  const { api, etcd } = spec;
  return {
    program: programOf(variablesFor(spec, host)),
    asked: { name: host.name, vip: api.vip ?? "", etcdDataDir: etcd.dataDir, probes: probesOf(spec, host) },
  };
}

/** A host that leaves is asked only for its addresses and whose it is: it may be sick, and nobody waits for more. */
export function questionsForLeaving({ name }: LeavingHost): Questions {
  const program = readScript(__dirname, "leaving.sh");
  return {
    program: `NODE_NAME=${shellQuote(name)}\n${program}`,
    asked: { name, vip: "", etcdDataDir: "", probes: [] },
  };
}

type Variables = Record<string, string | string[]>;

/** Input of facts.sh. */
export function variablesFor(spec: ClusterSpec, host: HostSpec): Variables {
  return {
    NODE_NAME: host.name,
    NODE_IP: host.ip,
    VIP: spec.api.vip ?? "",
    API_PORT: String(spec.api.port),
    BIND_PORT: String(spec.api.bindPort),
    ETCD_DATA_DIR: spec.etcd.dataDir,
    WANTED_PACKAGES: [...packages(spec, host), ...releasedPackages(spec, host)],
    FURTHER_PACKAGES: [...new Set([...FURTHER, ...holds(spec, host)])],
    APT_SOURCES: spec.mirror.apt.map(({ name }) => name),
    APT_SOURCE_TEXTS: spec.mirror.apt.map((source) => sourceFile(source).content),
    APT_KEYS: keyUrls(spec.mirror.apt),
    PROBES: probesOf(spec, host),
    ANSWER_SECONDS: String(ANSWER_SECONDS),
  };
}

/** Header lines `NAME='value'`, then the script. */
export function programOf(variables: Variables): string {
  const header = Object.entries(variables).map(([name, value]) => `${name}=${shellValue(value)}\n`);
  return header.join("") + SCRIPT;
}

/** The command for the login shell, whichever it is; the program goes by standard input. */
export function commandFor(user: string, limitSeconds: number): string {
  return `${user === "root" ? "" : "sudo -n "}timeout -k 5 ${limitSeconds} bash -s`;
}

/** What the host has to reach: the API servers and etcd, as its roles need them. */
export function probesOf(spec: ClusterSpec, host: HostSpec): string[] {
  const others = (hosts: HostSpec[]) => hosts.filter(({ name }) => name !== host.name).slice(0, MOST_PROBES);
  const members = others(etcdMembers(spec));
  const isMember = hasRole(host, Role.Etcd);
  return [
    ...(isNode(host) ? others(controlPlanes(spec)).map(({ ip }) => `${ip}:${spec.api.bindPort}`) : []),
    ...(isMember || hasRole(host, Role.ControlPlane) ? members.map(({ ip }) => `${ip}:2379`) : []),
    ...(isMember ? members.map(({ ip }) => `${ip}:2380`) : []),
  ];
}

function shellValue(value: string | string[]): string {
  return typeof value === "string" ? shellQuote(value) : `(${value.map(shellQuote).join(" ")})`;
}
