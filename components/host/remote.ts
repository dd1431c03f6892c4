/** The one way to run something on a host that has to be there: every remote command of the program is made here. */
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { HostState, type HostSpec, type SshSpec } from "../spec/types";
import { Step } from "./commands";
import { Ledger, type History } from "./ledger";
import { codeOf, commandText, inputHash, inputText, type Script } from "./script";

export interface RemoteArgs {
  host: HostSpec;
  ssh: SshSpec;
  step: Step;
  /** Converges one concern: finds the wanted state or makes it. Runs at creation and at every change of an input. */
  script: Script;
  /** Files that go by standard input, never in the command; the script puts them in place. */
  secretFiles?: SecretFile[];
  /**
   * An event in the life of the host: once the host is part of a complete update, no change of the inputs runs it again
   * or shows. Until then a corrected configuration does run it again.
   */
  once?: boolean;
  /** What it was for has happened: it stays as it ran last, whatever the inputs say. */
  over?: boolean;
  /** Of the whole cluster: while its text stays, it does not matter on which host it ran. */
  anywhere?: boolean;
}

export interface ClusterArgs extends Omit<RemoteArgs, "host" | "script" | "anywhere"> {
  /** Where it can run, in the order of preference. */
  hosts: HostSpec[];
  scriptOn: (host: HostSpec) => Script;
}

/** A file whose content must not be seen; its place may. */
export interface SecretFile {
  /** Absolute path on the host. */
  path: string;
  /** `0600`. */
  mode: string;
  /** `user:group`. */
  owner: string;
  content: pulumi.Input<string>;
}

// A program declares one cluster in one run, and every command of it passes here.
let ledger = new Ledger({ recorded: {}, facts: new Map(), drift: new Map() });

/** Sets what commands are declared against; before the first of them. */
export function openLedger(history: History): Ledger {
  ledger = new Ledger(history);
  return ledger;
}

/** Whether the last complete update left a command of that name. */
export function ranBefore(name: string): boolean {
  return ledger.knows(name);
}

/** All that the beginning of a maintenance does on the host itself. */
const takesOutOfService: Step[] = [Step.Vip, Step.Member];

/** Tries to connect before giving up: waits grow to 5 s, so 20 tries are about a minute of a host that boots. */
const DIAL_ERROR_LIMIT = 20;
/** Seconds for one TCP connection. */
const DIAL_TIMEOUT = 15;

/**
 * A converging command on a host. No `update` and no `triggers`: any changed input shows as an in-place update and
 * runs the same script again. Host keys are always verified; nothing that the script prints feeds another resource.
 */
export function remoteScript(name: string, args: RemoteArgs, opts: pulumi.CustomResourceOptions): remote.Command {
  const { host, ssh, step } = args;
  const { script, code } = complete(name, args);
  const past = args.once === true && host.settled;
  const inMaintenance = host.settled && host.state === HostState.Maintenance;
  // One that is off already has nothing to hand over.
  const isAlone = host.rested || ledger.isSilent(host.name) || !takesOutOfService.includes(step);
  const rests = inMaintenance && isAlone;
  const frozen = rests || args.over === true;
  const fresh = args.once === true && host.replacedBy !== "";
  const declared = ledger.declare({
    name,
    host: host.name,
    step,
    input: inputHash(script, code),
    past,
    frozen,
    unrepaired: inMaintenance,
    again: fresh ? `${host.name} is a fresh machine (${host.replacedBy})` : "",
  });
  const asItWas = past || frozen || ((inMaintenance || args.anywhere === true) && ledger.isIdle(declared));
  const { repair } = declared;
  const text: Script = repair === "" ? script : { ...script, variables: { REPAIR: repair, ...script.variables } };
  const secrets = pulumi.all((args.secretFiles ?? []).map((file) => file.content));
  const stdin = pulumi.secret(secrets.apply((contents) => inputText(code, contents)));
  return new remote.Command(
    name,
    {
      connection: connectionTo(host, ssh),
      create: commandText(text, ssh.user, code),
      stdin,
      addPreviousOutputInEnv: false,
    },
    pulumi.mergeOptions(opts, {
      hideDiffs: ["connection"],
      ...(asItWas && { ignoreChanges: ["connection", "create", "stdin"] }),
    }),
  );
}

/**
 * A command of the whole cluster, for whichever of these hosts: it stays where it last ran as long as its text does, so
 * that a host that is away or no longer the first is no change.
 */
export function clusterScript(name: string, args: ClusterArgs, opts: pulumi.CustomResourceOptions): remote.Command {
  const all = args.hosts.map((host): RemoteArgs => ({ ...args, host, script: args.scriptOn(host), anywhere: true }));
  const places = all.map((on) => {
    const { script, code } = complete(name, on);
    return { host: on.host.name, input: inputHash(script, code) };
  });
  const chosen = ledger.placeOf(name, places).host;
  return remoteScript(
    name,
    all.find(({ host }) => host.name === chosen)!,
    opts,
  );
}

/** The script with what every script of a resource has to know, and its code. */
function complete(name: string, args: RemoteArgs): { script: Script; code: string } {
  const resource: Script["variables"] = args.once ? {} : { RESOURCE: name };
  const variables = { ...resource, ...args.script.variables, ...placesOf(args.secretFiles ?? []) };
  return { script: { ...args.script, variables }, code: codeOf(args.script) };
}

/** The header line by which a script knows what comes by standard input; none without secret files. */
export function placesOf(files: SecretFile[]): Script["variables"] {
  if (files.length === 0) return {};
  return { SECRET_FILES: files.map(({ path, mode, owner }) => `${path} ${mode} ${owner}`) };
}

function connectionTo(host: HostSpec, ssh: SshSpec): remote.CommandArgs["connection"] {
  return {
    host: host.sshHost,
    port: ssh.port,
    user: ssh.user,
    hostKey: host.hostKey,
    ...(ssh.privateKey && { privateKey: ssh.privateKey }),
    dialErrorLimit: DIAL_ERROR_LIMIT,
    perDialTimeout: DIAL_TIMEOUT,
  };
}
