/** Hosts of the fleet that the stack file does not name yet: what a cluster is extended with, or a lost host replaced by. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isHostName, type LabConfig, type LabHost } from "./config";
import { LabError } from "./error";
import { labDir } from "./paths";

/** The last part of the first spare host's address. */
const FIRST = 101;

/** The lab's spare hosts, those that the stack file has come to name included. */
export function spareHosts(lab: string): LabHost[] {
  const file = labDir(lab, "spares.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as LabHost[]) : [];
}

/** The fleet beside the mirror: the hosts of the stack file, then the spare ones that it does not name. */
export function fleetOf(config: Pick<LabConfig, "hosts">, spares: LabHost[]): LabHost[] {
  return [...config.hosts, ...spares.filter(({ name }) => !config.hosts.some((host) => host.name === name))];
}

/** Gives the lab these spare hosts too, from its next `up` on. */
export function rememberSpares(lab: string, names: string[], config: LabConfig): void {
  const spares = withSpares(spareHosts(lab), names, config);
  const file = labDir(lab, "spares.json");
  writeFileSync(`${file}.tmp`, JSON.stringify(spares));
  renameSync(`${file}.tmp`, file);
}

/** Each new one gets the first address from .101 on that nobody has; a host that is there already stays as it is. */
export function withSpares(spares: LabHost[], names: string[], config: Pick<LabConfig, "hosts" | "vip">): LabHost[] {
  const all = [...spares];
  const prefix = config.vip.slice(0, config.vip.lastIndexOf(".") + 1);
  for (const name of names) {
    if (!isHostName(name)) {
      throw new LabError(`--spare ${JSON.stringify(name)}: no usable host name.`, "Write --spare w3,cp4.");
    }
    const there = fleetOf(config, all);
    if (there.some((host) => host.name === name)) continue;
    const taken = new Set([config.vip, ...there.map(({ ip }) => ip)]);
    let last = FIRST;
    while (taken.has(`${prefix}${last}`)) last += 1;
    if (last > 254) throw new LabError(`There is no address left for ${name}.`, "End the lab: npm run lab -- down");
    all.push({ name, ip: `${prefix}${last}` });
  }
  return all;
}
