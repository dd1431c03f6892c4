/** Cuts hosts off from the others, on the lab's bridge: this machine still reaches both sides. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { LabHost } from "../config";
import { ensureDebianPackages } from "../debian";
import { labDir } from "../paths";
import { run } from "../sh";
import { bridgeName, portName } from "./names";
import { findPrograms } from "./programs";

/** The hosts on the far side of the partition; none when the network is whole. */
export function partitioned(lab: string): LabHost[] {
  const file = labDir(lab, "partition.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as LabHost[]) : [];
}

/** Cuts these hosts, together, from all others of the lab; takes the place of an earlier partition. */
export async function partition(lab: string, hosts: LabHost[]): Promise<void> {
  if (!findPrograms("nft").length) await ensureDebianPackages(["nftables"]);
  const ports = hosts.map(({ ip }) => portName(ip));
  await nft(renderRules(bridgeName(lab), ports));
  writeFileSync(labDir(lab, "partition.json"), JSON.stringify(hosts.map(({ name, ip }) => ({ name, ip }))));
}

/** Makes the network whole. */
export async function heal(lab: string): Promise<void> {
  if (partitioned(lab).length > 0 && findPrograms("nft").length) {
    await nft(`table bridge ${bridgeName(lab)}\ndelete table bridge ${bridgeName(lab)}\n`);
  }
  rmSync(labDir(lab, "partition.json"), { force: true });
}

/**
 * Frames between the two sides are dropped in both directions; frames from and to this machine are not forwarded ones.
 * Ports go by their names, so a host that is started again is still cut off.
 */
export function renderRules(table: string, ports: string[]): string {
  return `table bridge ${table}
delete table bridge ${table}
table bridge ${table} {
  set cut { type ifname; elements = { ${ports.map((port) => `"${port}"`).join(", ")} }; }
  chain forward {
    type filter hook forward priority 0; policy accept;
    iifname @cut oifname != @cut drop
    iifname != @cut oifname @cut drop
  }
}
`;
}

async function nft(rules: string): Promise<void> {
  await run("nft", ["-f", "-"], {
    input: rules,
    fix: "This kernel must have nftables for bridges (NF_TABLES_BRIDGE).",
  });
}
