/** The lab's command line. */
import { LabError } from "./error";

/** Every subcommand, with what it takes and what it does. */
export const usage = `Usage: npm run lab -- COMMAND

  up                     start the lab's hosts: docker, root file system, mirror, network; safe to run again
  up --spare HOST,…      the same with more hosts than the stack file names: to add to it later
  down                   remove the hosts with their disks, the network and the lab's state
  status                 the hosts and how they are
  exec HOST [CMD…]       run a command on a host, or a shell
  kill HOST…             cut a host's power
  start HOST…            start it again, with its disk
  renew HOST…            put another machine in its place: same name and address, empty disk, new SSH host key
  pause HOST…            hang a host
  unpause HOST…          let it go on
  partition HOST…        cut these hosts, together, off from all others; this machine still reaches both sides
  heal                   make the network whole
  pulumi ARGS…           the Pulumi CLI with the lab's state and passphrase
  plan ARGS…             the plan of a preview, as Markdown and as a page in plan/
  adopt ARGS…            rebuilds the stack's lost state from the hosts
  demo                   up, then pulumi up, then the nodes as kubectl shows them
  versions               what the lab runs and serves

LAB=name selects a lab of its own (default dev); LAB_STACK=name makes it from lab/stacks/name.yaml.
`;

const PLAIN = ["down", "status", "heal", "demo", "versions"] as const;
const ON_HOSTS = ["kill", "start", "renew", "pause", "unpause", "partition"] as const;

export type Command =
  | { name: (typeof PLAIN)[number] | "help" }
  | { name: (typeof ON_HOSTS)[number]; hosts: string[] }
  | { name: "up"; spares: string[] }
  | { name: "exec"; host: string; command: string[] }
  | { name: "pulumi" | "plan" | "adopt"; args: string[] };

/** Understands the arguments, or says which are wrong. */
export function parseArguments(argv: string[]): Command {
  const [name, ...rest] = argv;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") return { name: "help" };
  if (name === "pulumi" || name === "plan" || name === "adopt") return { name, args: rest };
  if (name === "exec") {
    const [host, ...command] = rest;
    if (host === undefined) throw wrong("exec: no host was named.", "npm run lab -- exec HOST [CMD…]");
    return { name, host, command };
  }
  if (name === "up") return { name, spares: sparesOf(rest) };
  const plain = PLAIN.find((known) => known === name);
  if (plain) {
    if (rest.length > 0) throw wrong(`${plain} takes no arguments: ${rest.join(" ")}`, `npm run lab -- ${plain}`);
    return { name: plain };
  }
  const onHosts = ON_HOSTS.find((known) => known === name);
  if (onHosts) {
    if (rest.length === 0) throw wrong(`${onHosts}: no host was named.`, `npm run lab -- ${onHosts} HOST…`);
    return { name: onHosts, hosts: [...new Set(rest)] };
  }
  throw new LabError(`The lab has no command ${JSON.stringify(name)}.`, "Run npm run lab -- help for those it has.");
}

/** `--spare w3,cp4`, or nothing. */
function sparesOf([flag, names, ...more]: string[]): string[] {
  if (flag === undefined) return [];
  if (flag === "--spare" && names && more.length === 0) return [...new Set(names.split(","))];
  const said = [flag, names, ...more].join(" ").trim();
  throw wrong(`up takes no arguments but --spare: ${said}`, "npm run lab -- up --spare w3,cp4");
}

function wrong(problem: string, example: string): LabError {
  return new LabError(problem, `Write ${example}`);
}
