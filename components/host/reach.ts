/** Scripts that run on hosts from where Pulumi runs, by OpenSSH's `ssh`: what must not fail because a host is gone. */
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import type { HostSpec, SshSpec } from "../spec/types";
import { placesOf, type SecretFile } from "./remote";
import {
  base64Line,
  codeOf,
  inputText,
  programText,
  readScript,
  shellValue,
  withoutShebang,
  type Script,
} from "./script";

const REACH = withoutShebang(readScript(__dirname, "reach.sh"));
const TEXT_END = `IFS= read -r code && eval "$(base64 -d <<<"$code")"`;

/** When a resource's script runs on its hosts. */
export enum Occasion {
  /** At creation and at every change of an input. */
  Change = "change",
  /** When the resource goes, with the inputs that its last update recorded; a change of an input does nothing. */
  Removal = "removal",
}

/** What has to be known of a host to reach it. */
export type Reachable = Pick<HostSpec, "name" | "sshHost" | "hostKey">;

export interface ReachArgs {
  /** In turn, each with the same script; `NODE_NAME` is set there. */
  hosts: Reachable[];
  ssh: SshSpec;
  on: Occasion;
  /** Must be fit to run again. Its text is not in the preview: it goes by standard input, as a whole. */
  script: Script;
  /** What it was for has happened: it stays as it ran last, whatever the inputs say. */
  over?: boolean;
  /** As for a remote command. */
  secretFiles?: SecretFile[];
  /** What it means that a host was skipped, as the end of a sentence: `nothing was removed there: wipe it`. */
  skipped: string;
  /**
   * SSH addresses of other hosts. Where none of them answers either, the fault is this machine's network, and the run
   * fails. Only those of the creation count, so that no host changes with every other one. Default: a host that does not
   * answer is skipped.
   */
  witnesses?: string[];
}

/** Addresses that are asked at most; one answer is enough. */
const WITNESSES = 8;

/**
 * A command of this machine that runs a script on hosts. A host that does not answer within 20 s, or shows another host
 * key than the pinned one, is skipped with a warning; a login that is refused and a script that fails are errors.
 */
export function reachScript(name: string, args: ReachArgs, opts: pulumi.CustomResourceOptions): local.Command {
  const text = localText(args);
  return new local.Command(
    name,
    {
      ...(args.on === Occasion.Removal ? { delete: text } : { create: text }),
      interpreter: ["bash", "-c"],
      stdin: pulumi.secret(input(args)),
      environment: { WITNESSES: (args.witnesses ?? []).slice(0, WITNESSES).join(" ") },
      addPreviousOutputInEnv: false,
    },
    pulumi.mergeOptions(opts, {
      ignoreChanges: ["environment", ...(args.over === true ? ["create", "stdin", "interpreter"] : [])],
    }),
  );
}

/** What may be seen: which hosts, and what it means to skip one. Pure. */
export function localText({ hosts, ssh, script, skipped }: Omit<ReachArgs, "on">): string {
  const variables = {
    HOSTS: hosts.map(({ name, sshHost, hostKey }) => `${name} ${sshHost} ${hostKey}`),
    SSH_PORT: ssh.port,
    SSH_USER: ssh.user,
    RUN_LIMIT: script.limitSeconds,
    SKIPPED: skipped,
  };
  return [...Object.entries(variables).map(([key, value]) => `${key}=${shellValue(value)}`), TEXT_END].join("\n");
}

/** Standard input of the text above: its code, the private key, the script's text and what that reads. Pure. */
export function localInput(privateKey: string | undefined, script: Script, secrets: string[]): string {
  const code = codeOf(script);
  const key = privateKey === undefined ? "\n" : base64Line(`${privateKey.trimEnd()}\n`);
  return base64Line(REACH) + key + base64Line(programText(script, code)) + inputText(code, secrets);
}

function input({ ssh, script, secretFiles = [] }: ReachArgs): pulumi.Output<string> {
  const whole: Script = { ...script, variables: { ...script.variables, ...placesOf(secretFiles) } };
  const contents = pulumi.all(secretFiles.map((file) => file.content));
  return pulumi.all([ssh.privateKey, contents]).apply(([key, secrets]) => localInput(key, whole, secrets));
}
