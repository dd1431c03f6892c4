/** A lab's network: its hosts reach each other, their mirror and this machine, and nothing else. */
import type { LabConfig } from "../config";
import { LabError } from "../error";
import { say } from "../say";
import { run } from "../sh";
import { docker } from "./dockerd";
import { LAB_LABEL, networkName } from "./names";

/** Creates the network unless it is there; removes what an earlier one of ours left on this machine. */
export async function ensureNetwork(lab: string, config: Pick<LabConfig, "subnet" | "gateway">): Promise<void> {
  const name = networkName(lab);
  const format = '{{range .IPAM.Config}}{{.Subnet}}{{end}} {{index .Labels "kubeadm-ha.lab"}} {{len .Containers}}';
  const found = await docker(["network", "inspect", "--format", format, name], { anyExit: true });
  if (found.code === 0) {
    const [subnet, owner, attached] = found.stdout.trim().split(" ");
    if (subnet === config.subnet && owner === lab) return;
    if (owner !== lab || attached !== "0") {
      throw new LabError(
        `The docker network ${name} has the subnet ${subnet}; the lab ${lab} needs ${config.subnet}.`,
        "End the lab (npm run lab -- down), then start it again.",
      );
    }
    await docker(["network", "rm", name]);
  }
  await clearBridges(name, config);
  await docker([
    ...["network", "create", "--driver", "bridge", "--internal", "--label", `${LAB_LABEL}=${lab}`],
    ...["--subnet", config.subnet, "--gateway", config.gateway],
    ...["--opt", `com.docker.network.bridge.name=${name}`, name],
  ]);
}

export async function removeNetwork(lab: string): Promise<void> {
  const listed = await docker(["network", "ls", "--quiet", "--filter", `label=${LAB_LABEL}=${lab}`]);
  const ids = listed.stdout.split("\n").filter((id) => id !== "");
  if (ids.length > 0) await docker(["network", "rm", ...ids]);
}

/** A daemon that was killed leaves its bridges; one of this name or with this address is in the way of a new network. */
async function clearBridges(name: string, config: Pick<LabConfig, "subnet" | "gateway">): Promise<void> {
  const addresses = (await run("ip", ["-4", "-o", "address", "show"])).stdout;
  const links = (await run("ip", ["-o", "link", "show"])).stdout;
  for (const bridge of bridgesInTheWay(name, config.gateway, addresses, links)) {
    const ports = (await run("ip", ["-o", "link", "show", "master", bridge])).stdout.trim();
    if (!bridge.startsWith("kha-") || ports !== "") {
      throw new LabError(
        `The interface ${bridge} is in the way of the lab's network ${config.subnet}${ports && ": it is in use"}.`,
        `End what uses it, then remove it: ip link delete ${bridge}`,
      );
    }
    say(`removing the bridge ${bridge} that an earlier run left`);
    await run("ip", ["link", "delete", bridge]);
  }
}

/** The interfaces that have the network's name or hold the gateway's address, from `ip -o` output. */
export function bridgesInTheWay(name: string, gateway: string, addresses: string, links: string): string[] {
  const holding = addresses
    .split("\n")
    .map((line) => /^\d+:\s+(\S+)\s+inet\s+([\d.]+)/.exec(line))
    .filter((match) => match?.[2] === gateway)
    .map((match) => match![1]!);
  const named = links
    .split("\n")
    .map((line) => /^\d+:\s+([^:@\s]+)[:@]/.exec(line)?.[1])
    .filter((link): link is string => link === name);
  return [...new Set([...holding, ...named])];
}
