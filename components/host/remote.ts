/** The one way to run something on a host: every remote command of the program is made here. */
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import type { HostSpec, SshSpec } from "../spec/types";
import { codeOf, commandText, inputText, type Script } from "./script";

export interface RemoteArgs {
  host: HostSpec;
  ssh: SshSpec;
  /** Converges one concern: finds the wanted state or makes it. Runs at creation and at every change of an input. */
  script: Script;
  /** Files that go by standard input, never in the command; the script puts them in place. */
  secretFiles?: SecretFile[];
  /** Runs when the resource goes. Only for a resource that is never replaced. */
  removal?: Script;
  /**
   * An event in the life of the host: once the host is part of a complete update, no change of the inputs runs it again
   * or shows. Until then a corrected configuration does run it again.
   */
  once?: boolean;
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

/** Tries to connect before giving up: waits grow to 5 s, so 20 tries are about a minute of a host that boots. */
const DIAL_ERROR_LIMIT = 20;
/** Seconds for one TCP connection. */
const DIAL_TIMEOUT = 15;

/**
 * A converging command on a host. No `update` and no `triggers`: any changed input shows as an in-place update and
 * runs the same script again. Host keys are always verified; nothing that the script prints feeds another resource.
 */
export function remoteScript(name: string, args: RemoteArgs, opts: pulumi.CustomResourceOptions): remote.Command {
  const { host, ssh } = args;
  const secretFiles = args.secretFiles ?? [];
  const script: Script =
    secretFiles.length === 0
      ? args.script
      : { ...args.script, variables: { ...args.script.variables, SECRET_FILES: secretFiles.map(placeOf) } };
  const code = codeOf(script, args.removal);
  const secrets = pulumi.all(secretFiles.map((file) => file.content));
  const stdin = pulumi.secret(secrets.apply((contents) => inputText(code, contents)));
  return new remote.Command(
    name,
    {
      connection: connectionTo(host, ssh),
      create: commandText(script, ssh.user, code),
      ...(args.removal && { delete: commandText(args.removal, ssh.user, code, "removal") }),
      stdin,
      addPreviousOutputInEnv: false,
    },
    pulumi.mergeOptions(opts, {
      hideDiffs: ["connection"],
      ...(args.once && host.settled && { ignoreChanges: ["connection", "create", "stdin"] }),
    }),
  );
}

function placeOf(file: SecretFile): string {
  return `${file.path} ${file.mode} ${file.owner}`;
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
