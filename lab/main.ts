/** The lab's command line: `npm run lab -- COMMAND`. */
import { parseArguments, usage, type Command } from "./args";
import { labConfig, requireLab } from "./config";
import { LabError } from "./error";
import { docker, ensureDocker } from "./fleet/dockerd";
import { cutPower, type FleetHost, listHosts, renewHosts, startHost } from "./fleet/hosts";
import { containerName } from "./fleet/names";
import { ensureNetwork } from "./fleet/network";
import { heal, partition } from "./fleet/partition";
import { labName } from "./paths";
import { say } from "./say";
import { endOnSignals, inForeground, runInteractive } from "./sh";

/** Returns the exit code. */
async function main(command: Command): Promise<number> {
  if (command.name === "help") {
    process.stdout.write(usage);
    return 0;
  }
  const lab = labName();
  switch (command.name) {
    // What only one command needs is loaded by that command: `pulumi` goes through here at every call.
    case "up":
      await (await import("./up")).up(lab, command.spares);
      return 0;
    case "down":
      await (await import("./up")).down(lab);
      return 0;
    case "status":
      process.stdout.write(await (await import("./status")).status(lab));
      return 0;
    case "versions":
      process.stdout.write(await (await import("./status")).versions(lab));
      return 0;
    case "demo":
      return (await import("./demo")).demo(lab);
    case "pulumi": {
      requireLab(lab);
      await (await import("./project")).ensureProject(lab);
      const { runPulumi } = await import("./engine/pulumi");
      return (await inForeground(() => runPulumi(command.args, lab))).code;
    }
    case "plan":
      requireLab(lab);
      await (await import("./project")).ensureProject(lab);
      return (await import("./plan")).plan(command.args, lab);
    case "adopt":
      requireLab(lab);
      await (await import("./project")).ensureProject(lab);
      return (await import("./adopt")).adopt(command.args, lab);
    case "exec":
      return execute(lab, await onlyHost(lab, command.host), command.command);
    case "kill":
      await each(lab, command.hosts, "power cut", (host) => cutPower(lab, host));
      return 0;
    case "start":
    case "unpause":
      // The bridge goes with the machine's memory, the hosts' disks do not.
      await ensureNetwork(lab, labConfig(lab));
      await each(lab, command.hosts, "up", (host) => startHost(lab, host));
      return 0;
    case "renew":
      await renewHosts(lab, await namedHosts(lab, command.hosts), labConfig(lab));
      return 0;
    case "pause":
      await each(lab, command.hosts, "hangs", (host) => docker(["pause", containerName(lab, host.name)]));
      return 0;
    case "partition":
      await partition(lab, await namedHosts(lab, command.hosts));
      say(`cut off from all others: ${command.hosts.join(", ")}`);
      return 0;
    case "heal":
      requireLab(lab);
      await heal(lab);
      say("the network is whole");
      return 0;
  }
}

async function execute(lab: string, host: FleetHost, command: string[]): Promise<number> {
  const engine = await ensureDocker();
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? ["--tty"] : [];
  const shell = command.length > 0 ? command : ["bash", "-l"];
  const args = ["--host", engine.host, "exec", "--interactive", ...terminal, containerName(lab, host.name), ...shell];
  return runInteractive(engine.client, args);
}

/** Does the same to every named host, side by side, once all names are known to be right. */
async function each(lab: string, names: string[], done: string, act: (host: FleetHost) => Promise<unknown>) {
  await Promise.all(
    (await namedHosts(lab, names)).map(async (host) => {
      await act(host);
      say(`${host.name}: ${done}`);
    }),
  );
}

async function onlyHost(lab: string, name: string): Promise<FleetHost> {
  const [host] = await namedHosts(lab, [name]);
  return host!;
}

async function namedHosts(lab: string, names: string[]): Promise<FleetHost[]> {
  requireLab(lab);
  const hosts = await listHosts(lab);
  return names.map((name) => {
    const host = hosts.find((candidate) => candidate.name === name);
    if (host) return host;
    const known = hosts.map((candidate) => candidate.name).join(", ");
    throw new LabError(
      `The lab ${lab} has no host ${JSON.stringify(name)}${known && `; it has ${known}`}.`,
      known ? "Name one of them." : `Start the lab first: LAB=${lab} npm run lab -- up`,
    );
  });
}

endOnSignals();
Promise.resolve()
  .then(() => main(parseArguments(process.argv.slice(2))))
  .then((code) => process.exit(code))
  .catch((error: unknown) => {
    const text =
      error instanceof LabError ? error.message : error instanceof Error ? (error.stack ?? error.message) : error;
    process.stderr.write(`lab: ${String(text)}\n`);
    process.exit(1);
  });
