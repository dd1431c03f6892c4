/** Hosts have room: processors, memory, disks. */
import { hasRole, isNode, kubeletField } from "../../spec/topology";
import { Role, type ClusterSpec } from "../../spec/types";
import type { HostFacts } from "../facts";
import { everyHost, onHost, Severity, Weight, type Check, type Context, type Finding, type Seen } from "./check";
import { gravity } from "./running";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** kubeadm's own minimum for a control plane. */
const LEAST_MEMORY = 1700 * MIB;

/** Decimal: a machine of 2 GiB shows less, for its kernel keeps some. */
const USUAL_MEMORY = 2e9;

/** What a node takes before any pod of yours: images and packages; logs and volumes; a first database. */
const LEAST_FREE = { containerd: 3 * GIB, kubelet: GIB, etcd: GIB };

/** The kubelet's own thresholds, in parts of the disk: below them it deletes images and evicts pods. */
const EVICTION = { containerd: 0.15, kubelet: 0.1 };

/** Images unpack into a hundred thousand files easily. */
const LEAST_INODES = 50_000;

export const resourceChecks: Check[] = [
  everyHost("cpus", "control planes have 2 processors", Weight.ByHost, (each, context) => {
    const { cpus } = each.facts;
    if (cpus >= 2 || !hasRole(each.host, Role.ControlPlane) || ignores(context.spec, "NumCPU")) return [];
    const reason = "is too few for a control plane, and kubeadm would refuse it";
    const fix = "Give the host 2 processors, or name NumCPU in kubeadm.ignorePreflightErrors";
    return [onHost(each, `${cpus} processor`, { reason, fix }, gravity(context, each.host))];
  }),

  everyHost("memory", "nodes have 2 GB of memory, control planes 1700 MiB at the very least", Weight.Both, memory),

  everyHost("disk-space", "disks have room for images, pods and etcd", Weight.Both, (each, context) => [
    ...lackOfSpace(each, context),
    ...nearEviction(each, context),
  ]),

  everyHost("disk-inodes", "disks have room for files", Weight.ByHost, (each, context) =>
    distinct(each.facts, ["/", ...places(each, context).map(({ path }) => path)]).flatMap(({ path, freeInodes }) => {
      // Some file systems count no inodes and say 0.
      if (freeInodes === 0 || freeInodes >= LEAST_INODES) return [];
      const reason = `has ${freeInodes} free inodes, and images need ${LEAST_INODES}`;
      const fix = "Remove small files there, or make the file system with more inodes";
      return [onHost(each, path, { reason, fix }, gravity(context, each.host))];
    }),
  ),
];

function memory(each: Seen, context: Context): Finding[] {
  const { memoryBytes } = each.facts;
  if (!isNode(each.host) || ignores(context.spec, "Mem")) return [];
  const value = `${Math.floor(memoryBytes / MIB)} MiB`;
  if (hasRole(each.host, Role.ControlPlane) && memoryBytes < LEAST_MEMORY) {
    const reason = "is too little memory for a control plane, and kubeadm would refuse it";
    const fix = "Give the host 2 GB or more, or name Mem in kubeadm.ignorePreflightErrors";
    return [onHost(each, value, { reason, fix }, gravity(context, each.host))];
  }
  if (memoryBytes >= USUAL_MEMORY || each.host.settled) return [];
  const reason = "is less memory than the 2 GB that a node should have";
  return [onHost(each, value, { reason, fix: "Give the host more" }, Severity.Warning)];
}

interface Place {
  path: string;
  needed: number;
  what: string;
}

function places({ host }: Seen, { spec }: Context): Place[] {
  const node = [
    { path: "/var/lib/containerd", needed: LEAST_FREE.containerd, what: "images and containers" },
    { path: "/var/lib/kubelet", needed: LEAST_FREE.kubelet, what: "pods" },
  ];
  const member = [{ path: spec.etcd.dataDir, needed: LEAST_FREE.etcd, what: "etcd" }];
  return [...(isNode(host) ? node : []), ...(hasRole(host, Role.Etcd) ? member : [])];
}

// Folders on one device share its space, and their needs add up.
function lackOfSpace(each: Seen, context: Context): Finding[] {
  const wanted = places(each, context);
  return distinct(
    each.facts,
    wanted.map(({ path }) => path),
  ).flatMap(({ path, device, freeBytes }): Finding[] => {
    const sharing = wanted.filter((place) => diskOf(each.facts, place.path)?.device === device);
    // Their images and data are there already.
    const needed = sharing.reduce((sum, place) => sum + place.needed, 0) / (each.host.settled ? 4 : 1);
    if (freeBytes >= needed) return [];
    const reason = `has ${gib(freeBytes)} free, and ${sharing.map(({ what }) => what).join(", ")} need ${gib(needed)}`;
    return [onHost(each, path, { reason, fix: "Free space there or make it larger" }, gravity(context, each.host))];
  });
}

function nearEviction(each: Seen, context: Context): Finding[] {
  // Thresholds of your own are yours to watch.
  if (!isNode(each.host) || kubeletField(context.spec, each.host, "evictionHard") !== undefined) return [];
  const parts: [string, number][] = [
    ["/var/lib/containerd", EVICTION.containerd],
    ["/var/lib/kubelet", EVICTION.kubelet],
  ];
  const disks = parts.map(([path, part]) => ({ disk: diskOf(each.facts, path), part }));
  const short = disks.find(({ disk, part }) => disk !== undefined && disk.freeBytes < disk.sizeBytes * part);
  if (short?.disk === undefined) return [];
  const { path, freeBytes, sizeBytes } = short.disk;
  const reason = `has ${gib(freeBytes)} of ${gib(sizeBytes)} free, and below ${short.part * 100} % the kubelet deletes images and evicts pods`;
  return [
    onHost(
      each,
      path,
      { reason, fix: "Free space there, or set kubelet.evictionHard to your needs" },
      Severity.Warning,
    ),
  ];
}

function diskOf({ disks }: HostFacts, path: string): HostFacts["disks"][number] | undefined {
  return disks.find((disk) => disk.path === path);
}

/** The disks of these folders, each device once. */
function distinct(facts: HostFacts, paths: string[]): HostFacts["disks"] {
  const found = facts.disks.filter(({ path }) => paths.includes(path));
  return found.filter(({ device }, index) => found.findIndex((other) => other.device === device) === index);
}

function ignores({ kubeadm }: ClusterSpec, name: string): boolean {
  return kubeadm.ignorePreflightErrors.some((each) => each.toLowerCase() === name.toLowerCase());
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
