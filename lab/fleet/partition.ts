/** Cuts hosts off from the others, on the lab's bridge: this machine still reaches both sides. */
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { ensureDebianPackages } from "../debian";
import { LabError } from "../error";
import { labDir } from "../paths";
import { run } from "../sh";
import { docker } from "./dockerd";
import { containerName, networkName } from "./names";
import { findPrograms } from "./programs";

/** The hosts on the far side of the partition; none when the network is whole. */
export function partitioned(lab: string): string[] {
  const file = labDir(lab, "partition.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as string[]) : [];
}

/** Cuts these hosts, together, from all others of the lab; takes the place of an earlier partition. */
export async function partition(lab: string, hosts: string[]): Promise<void> {
  if (!findPrograms("nft").length) await ensureDebianPackages(["nftables"]);
  await applyRules(lab, hosts);
  writeFileSync(labDir(lab, "partition.json"), JSON.stringify(hosts));
}

/** A host that was started has a new interface: the partition is laid over it again. */
export async function reapplyPartition(lab: string): Promise<void> {
  const hosts = partitioned(lab);
  if (hosts.length > 0) await applyRules(lab, hosts);
}

/** Makes the network whole. */
export async function heal(lab: string): Promise<void> {
  if (partitioned(lab).length > 0 && findPrograms("nft").length) {
    await nft(`table bridge ${networkName(lab)}\ndelete table bridge ${networkName(lab)}\n`);
  }
  rmSync(labDir(lab, "partition.json"), { force: true });
}

/** Frames between the two sides are dropped in both directions; frames from and to this machine are not forwarded ones. */
export function renderRules(table: string, ports: string[]): string {
  const cut = ports.map((port) => `"${port}"`).join(", ");
  const filled = ports.length > 0 ? `; elements = { ${cut} }` : "";
  return `table bridge ${table}
delete table bridge ${table}
table bridge ${table} {
  set cut { type ifname${filled}; }
  chain forward {
    type filter hook forward priority 0; policy accept;
    iifname @cut oifname != @cut drop
    iifname != @cut oifname @cut drop
  }
}
`;
}

async function applyRules(lab: string, hosts: string[]): Promise<void> {
  const ports = await Promise.all(hosts.map((host) => portOf(lab, host)));
  await nft(
    renderRules(
      networkName(lab),
      ports.filter((port) => port !== undefined),
    ),
  );
}

/** This machine's end of a host's interface; none when the host does not run. */
async function portOf(lab: string, host: string): Promise<string | undefined> {
  const inspected = await docker(["inspect", "--format", "{{.State.Pid}}", containerName(lab, host)]);
  const pid = inspected.stdout.trim();
  if (pid === "0") return undefined;
  const link = await run("nsenter", ["--target", pid, "--net", "ip", "-o", "link", "show", "eth0"]);
  const index = /eth0@if(\d+)/.exec(link.stdout)?.[1];
  const port = readdirSync("/sys/class/net").find(
    (name) => readFileSync(`/sys/class/net/${name}/ifindex`, "utf8").trim() === index,
  );
  if (port === undefined) {
    throw new LabError(
      `The interface of ${host} has no other end on this machine.`,
      `Restart it: lab kill ${host}, start ${host}.`,
    );
  }
  return port;
}

async function nft(rules: string): Promise<void> {
  await run("nft", ["-f", "-"], {
    input: rules,
    fix: "This kernel must have nftables for bridges (NF_TABLES_BRIDGE).",
  });
}
