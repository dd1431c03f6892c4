/** What a lab looks like now. */
import { existsSync } from "node:fs";
import { labConfig, stackFile, type LabConfig } from "./config";
import { docker, findDocker } from "./fleet/dockerd";
import { type FleetHost, listHosts } from "./fleet/hosts";
import { MIRROR, bridgeName } from "./fleet/names";
import { partitioned } from "./fleet/partition";
import { Image, recipeKey } from "./fleet/rootfs";
import { sshAnswers } from "./fleet/ssh";
import { labDir } from "./paths";

/** A table of the hosts: those of the stack file, the mirror, and any that the stack file no longer names. */
export async function status(lab: string): Promise<string> {
  const engine = await findDocker();
  if (!existsSync(stackFile(lab)) || !engine) {
    return `lab ${lab}: not running${engine ? "" : " (no docker engine answers)"}; start it: LAB=${lab} npm run lab -- up\n`;
  }
  const config = labConfig(lab);
  const there = await listHosts(lab);
  const answers = await Promise.all(there.map(async (host) => host.state === "running" && (await sshAnswers(host.ip))));
  const rows = statusRows(
    config,
    there,
    (host) => (answers[there.indexOf(host)] ? "answers" : "-"),
    partitioned(lab).map(({ name }) => name),
  );
  const head = `lab ${lab}  network ${bridgeName(lab)} ${config.subnet}  VIP ${config.vip}  state ${labDir(lab)}\n`;
  return head + table([["HOST", "ADDRESS", "STATE", "SSH", "SINCE", "NOTE"], ...rows]);
}

/** One row a host. */
export function statusRows(
  config: Pick<LabConfig, "hosts" | "mirrorIp">,
  there: FleetHost[],
  ssh: (host: FleetHost) => string,
  cut: string[],
): string[][] {
  const wanted = [{ name: MIRROR, ip: config.mirrorIp }, ...config.hosts];
  const listed = wanted.map((host) => {
    const found = there.find(({ name }) => name === host.name);
    if (!found) return [host.name, host.ip, "absent", "-", "-", "npm run lab -- up creates it"];
    return [found.name, found.ip, found.state, ssh(found), found.status, cut.includes(found.name) ? "cut off" : ""];
  });
  const others = there
    .filter(({ name }) => !wanted.some((host) => host.name === name))
    .map((host) => [host.name, host.ip, host.state, ssh(host), host.status, "not in the stack file"]);
  return [...listed, ...others];
}

/** What the lab runs and serves, one thing a line. */
export async function versions(lab: string): Promise<string> {
  const config = labConfig(lab);
  const engine = await findDocker();
  const server = engine ? await docker(["version", "--format", "{{.Server.Version}}"]) : undefined;
  return table([
    ["kubernetes", config.kubernetesVersion],
    ["etcd", config.etcdVersion],
    ["containerd", config.containerdVersion],
    ["flannel", config.flannelVersion],
    ["node", process.version],
    ["docker", server ? `${server.stdout.trim()}${engine?.own ? " (the lab's own daemon)" : ""}` : "not running"],
    ["host image", recipeKey(Image.Host)],
    ["mirror image", recipeKey(Image.Mirror)],
  ]);
}

/** Columns as wide as their widest cell. */
export function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
