/**
 * A lab's network, a bridge of its own: its hosts reach each other, their mirror and this machine, and nothing else.
 * docker has no part in it: its networks outlive a daemon that was killed and then refuse hosts of the same name, and
 * dockerd 20.10 locks up for good when several containers leave one at once (moby/moby#42545), as in a power cut.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabConfig, LabHost } from "../config";
import { LabError } from "../error";
import { say } from "../say";
import { run } from "../sh";
import { docker } from "./dockerd";
import { bridgeName, containerName, hardwareAddress, portName } from "./names";
import { findPrograms } from "./programs";

/** Makes the bridge unless it is there; removes what an earlier lab left in its way. */
export async function ensureNetwork(lab: string, config: Pick<LabConfig, "subnet" | "gateway">): Promise<void> {
  const bridge = bridgeName(lab);
  const addresses = (await run("ip", ["-4", "-o", "address", "show"])).stdout;
  for (const name of interfacesInTheWay(bridge, config.gateway, addresses)) await removeStale(name, config.subnet);

  if (!existsSync(`/sys/class/net/${bridge}`)) {
    await run("ip", ["link", "add", bridge, "address", hardwareAddress(config.gateway), "type", "bridge"]);
  }
  await run("ip", ["address", "replace", `${config.gateway}/24`, "dev", bridge]);
  await run("ip", ["link", "set", bridge, "up"]);
  // Whatever this machine forwards for others: nothing leaves from here.
  writeFileSync(`/proc/sys/net/ipv4/conf/${bridge}/forwarding`, "0");
  await allowBridged(bridge);
}

/** Removes the bridge and what is left of the hosts' cables. */
export async function removeNetwork(lab: string): Promise<void> {
  const bridge = bridgeName(lab);
  if (!existsSync(`/sys/class/net/${bridge}`)) return;
  // The kernel takes a killed host's network apart in its own time.
  for (const port of portsOf(bridge)) await run("ip", ["link", "delete", port], { anyExit: true });
  const rule = acceptRule(bridge);
  if (findPrograms("iptables").length) await run("iptables", ["-w", "-D", ...rule], { anyExit: true });
  await run("ip", ["link", "delete", bridge]);
}

/** Plugs a running host in. */
export async function attach(lab: string, host: LabHost): Promise<void> {
  const inspected = await docker(["inspect", "--format", "{{.State.Pid}}", containerName(lab, host.name)]);
  const cable = [portName(host.ip), bridgeName(lab), hardwareAddress(host.ip), `${host.ip}/24`];
  await run("bash", [join(__dirname, "attach.sh"), inspected.stdout.trim(), ...cable]);
}

/** Whether the host's cable is plugged in. */
export function isAttached(lab: string, host: LabHost): boolean {
  return existsSync(`/sys/class/net/${bridgeName(lab)}/brif/${portName(host.ip)}`);
}

/** Interfaces that hold the gateway's address under another name, or another lab address under this name. */
export function interfacesInTheWay(bridge: string, gateway: string, addresses: string): string[] {
  const wrong = addresses
    .split("\n")
    .map((line) => /^\d+:\s+(\S+)\s+inet\s+([\d.]+)/.exec(line))
    .filter((match) => match !== null)
    .filter(([, name, address]) => (name === bridge) !== (address === gateway))
    .map(([, name]) => name!);
  return [...new Set(wrong)];
}

/** What is plugged into a bridge; an interface of another kind has no ports. */
function portsOf(name: string): string[] {
  const folder = `/sys/class/net/${name}/brif`;
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Only what is ours and unused is removed. */
async function removeStale(name: string, subnet: string): Promise<void> {
  const ports = portsOf(name);
  if (!name.startsWith("kha-") || ports.length > 0) {
    throw new LabError(
      `The interface ${name} is in the way of the lab's network ${subnet}${ports.length > 0 ? ": hosts use it" : ""}.`,
      `End what uses it, then remove it: ip link delete ${name}`,
    );
  }
  say(`removing the bridge ${name} that an earlier run left`);
  await run("ip", ["link", "delete", name]);
}

/** Where bridged frames pass the machine's firewall, a policy such as docker's (drop) would cut hosts off from each other. */
async function allowBridged(bridge: string): Promise<void> {
  const setting = "/proc/sys/net/bridge/bridge-nf-call-iptables";
  if (!existsSync(setting) || readFileSync(setting, "utf8").trim() === "0" || !findPrograms("iptables").length) return;
  const there = await run("iptables", ["-w", "-C", ...acceptRule(bridge)], { anyExit: true });
  if (there.code !== 0) await run("iptables", ["-w", "-I", ...acceptRule(bridge)]);
}

function acceptRule(bridge: string): string[] {
  return ["FORWARD", "-i", bridge, "-o", bridge, "-j", "ACCEPT"];
}
