/** The machine: system, hardware, network. Pure. */
import { z } from "zod";
import type { HostFacts } from "../facts";
import type { Answers } from "./answers";

type Machine = Pick<
  HostFacts,
  | "os"
  | "kernel"
  | "architecture"
  | "systemd"
  | "apt"
  | "cgroup"
  | "hostname"
  | "machineId"
  | "productUuid"
  | "cpus"
  | "memoryBytes"
  | "disks"
  | "swap"
  | "selinux"
  | "clock"
>;

type Files = Map<string, string[]>;

export function machineFacts(answers: Answers, files: Files, etcdDataDir: string): Machine {
  const word = (path: string) => (files.get(path)?.[0] ?? "").trim();
  const said = answers.lines("shell");
  return {
    os: osOf(files.get("/etc/os-release") ?? []),
    kernel: word("/proc/sys/kernel/osrelease"),
    architecture: answers.text("machine").trim(),
    systemd: said.includes("systemd"),
    apt: said.includes("apt"),
    cgroup: numberOf(said.find((line) => line.startsWith("cgroup "))?.slice("cgroup ".length)),
    hostname: word("/proc/sys/kernel/hostname"),
    machineId: word("/etc/machine-id"),
    productUuid: word("/sys/class/dmi/id/product_uuid").toLowerCase(),
    cpus: numberOf(answers.text("processors")),
    memoryBytes: memoryOf(answers.files("lines").get("/proc/meminfo") ?? []),
    disks: disksOf(answers.lines("disks"), etcdDataDir),
    swap: (files.get("/proc/swaps") ?? []).slice(1).map((line) => line.split(/\s/)[0] ?? ""),
    selinux: selinuxOf(word("/sys/fs/selinux/enforce")),
    clock: { epochMs: answers.epochMs, synchronised: yesOrNo(answers.text("synchronised")) },
  };
}

/** The folders whose disks are asked about, in the script's order. */
export function diskFolders(etcdDataDir: string): string[] {
  return ["/", etcdDataDir, "/var/lib/containerd", "/var/lib/kubelet"];
}

type Network = Pick<HostFacts, "interfaces" | "routes" | "listeners" | "holdsVip" | "vipAnsweredBy" | "probes">;

export function networkFacts(answers: Answers, vip: string, probes: string[]): Network {
  const interfaces = interfacesOf(answers);
  const holdsVip = interfaces.some(({ addresses }) => addresses.some(({ address }) => address === vip));
  return {
    interfaces,
    routes: (answers.json("routes", z.array(route)) ?? []).map(({ dst, dev }) => ({
      destination: dst,
      interface: dev,
    })),
    listeners: answers.lines("listeners").flatMap(listenerOf),
    holdsVip,
    vipAnsweredBy: holdsVip ? "" : neighbourOf(answers.text("neighbour"), resultOf(answers.lines("vip")[0] ?? "")),
    probes: probesOf(answers.lines("probes"), probes),
  };
}

const route = z.object({ dst: z.string(), dev: z.string().default("") });
const link = z.object({
  ifname: z.string(),
  flags: z.array(z.string()).default([]),
  link_type: z.string().optional(),
  address: z.string().default(""),
  master: z.string().optional(),
  addr_info: z
    .array(z.object({ family: z.string().optional(), local: z.string().optional(), prefixlen: z.number().optional() }))
    .default([]),
});

// Of a node's hundred pods no interface is worth telling: they are ports of a bridge, without an address.
function interfacesOf(answers: Answers): HostFacts["interfaces"] {
  const links = answers.json("interfaces", z.array(link)) ?? [];
  return links
    .map((item) => ({
      name: item.ifname,
      mac: item.link_type === "ether" ? item.address.toLowerCase() : "",
      up: item.flags.includes("UP"),
      addresses: item.addr_info
        .filter(({ family }) => family === "inet")
        .map(({ local, prefixlen }) => ({ address: local ?? "", prefix: prefixlen ?? 32 })),
      isPort: item.master !== undefined,
    }))
    .filter(({ isPort, addresses }) => !isPort || addresses.length > 0)
    .map(({ isPort: _, ...rest }) => rest);
}

// `LISTEN 0 4096 127.0.0.1:2379 0.0.0.0:* users:(("etcd",pid=1,fd=8))`
function listenerOf(line: string): HostFacts["listeners"] {
  const [, , , local = ""] = line.trim().split(/\s+/);
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(local) ?? [];
  if (port === "") return [];
  const address = host.replace(/%.*$/, "").replace(/^\[(.*)\]$/, "$1");
  const process = /users:\(\("([^"]*)"/.exec(line)?.[1] ?? "";
  return [{ port: Number(port), address: address === "*" ? "::" : address, process }];
}

// A neighbour that did not answer just now may be a memory; facts.sh has the kernel forget a fresh one.
function neighbourOf(text: string, asked: ReturnType<typeof resultOf>): string {
  const answered = asked === "open" || asked === "refused";
  if (!/REACHABLE|PERMANENT/.test(text) && !(answered && /STALE|DELAY|PROBE/.test(text))) return "";
  return / lladdr ([0-9a-fA-F:]+)/.exec(text)?.[1]?.toLowerCase() ?? "";
}

// What was not decided in time has no line.
function probesOf(lines: string[], targets: string[]): HostFacts["probes"] {
  const said = new Map(lines.map((line) => [line.split(" ", 1)[0], line]));
  return targets.map((target) => ({ target, result: resultOf(said.get(target) ?? "") }));
}

function resultOf(line: string): HostFacts["probes"][number]["result"] {
  if (line.endsWith(" open")) return "open";
  if (line.endsWith("refused")) return "refused";
  return line === "" || line.endsWith("timed out") ? "timeout" : "unreachable";
}

function osOf(lines: string[]): HostFacts["os"] {
  const value = (name: string) => {
    const line = lines.find((candidate) => candidate.startsWith(`${name}=`)) ?? "";
    return line.slice(name.length + 1).replace(/^(["'])(.*)\1$/, "$2");
  };
  return {
    id: value("ID"),
    version: value("VERSION_ID"),
    title: value("PRETTY_NAME"),
    codename: value("VERSION_CODENAME"),
  };
}

function memoryOf(lines: string[]): number {
  return numberOf(/^MemTotal: +(\d+) kB/.exec(lines[0] ?? "")?.[1]) * 1024;
}

// A heading, then for each folder in order: size, free bytes, free inodes (`-` where there is no such thing), device.
function disksOf([, ...lines]: string[], etcdDataDir: string): HostFacts["disks"] {
  const folders = diskFolders(etcdDataDir);
  return lines.slice(0, folders.length).map((line, index) => {
    const [size, free, inodes, ...device] = line.trim().split(/\s+/);
    return {
      path: folders[index]!,
      device: device.join(" "),
      sizeBytes: numberOf(size),
      freeBytes: numberOf(free),
      freeInodes: numberOf(inodes),
    };
  });
}

function selinuxOf(enforce: string): string {
  if (enforce === "") return "disabled";
  return enforce === "1" ? "enforcing" : "permissive";
}

function yesOrNo(text: string): boolean | undefined {
  const word = text.trim();
  return word === "yes" || word === "no" ? word === "yes" : undefined;
}

function numberOf(text: string | undefined): number {
  const value = Number(text?.trim());
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
