/** Hosts can be asked: they answer, they are who they should be, and they let us in as root. */
import { Silence } from "../facts";
import { Question } from "../questions";
import {
  check,
  everyHost,
  isResting,
  onHost,
  Severity,
  Weight,
  type Check,
  type Context,
  type Finding,
  type Words,
} from "./check";
import { gravity } from "./running";

const root = "Log in as root, or let the user run `sudo -n true` without a password and without a terminal";

const words: Record<Silence, Words> = {
  [Silence.Unreachable]: {
    reason: "cannot be reached over SSH",
    fix: "Start the host, open the way from this machine to its SSH port, say `state: maintenance` or `state: lost`, or take it off the list",
  },
  [Silence.HostKey]: {
    reason: "answers with another SSH host key, so it may be another machine",
    fix: "Compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host's console; only when that shows it, or when a fresh machine took its place, set hostKey",
  },
  [Silence.Authentication]: {
    reason: "does not accept our SSH key",
    fix: "Put the public key into the user's authorized_keys there, or correct ssh.user, ssh.privateKeyFile or the agent's keys",
  },
  [Silence.NotRoot]: { reason: "lets us in, but not as root", fix: root },
  [Silence.Broken]: {
    reason: "lets us in, but could not be asked for its facts",
    fix: "Run `bash -c true` over SSH there and see what it prints; its shell's profile must print nothing",
  },
};

export const reachChecks: Check[] = [
  silence("reachable", "every host answers", Weight.ByHost, Silence.Unreachable),
  silence("host-key", "every host has the SSH host key of the configuration", Weight.Error, Silence.HostKey),
  silence("authentication", "every host accepts our SSH key", Weight.Error, Silence.Authentication),
  silence("root", "every host lets us be root", Weight.Error, Silence.NotRoot),
  silence("facts", "every host can say what it is", Weight.ByHost, Silence.Broken),
  everyHost("answers", "every host answers all that it is asked, in time", Weight.Both, (each, context) => {
    const { unanswered } = each.facts;
    if (unanswered.length === 0) return [];
    const severity = unanswered.every((one) => idle.includes(one)) ? Severity.Warning : gravity(context, each.host);
    const reason = "got no answer, so nothing is judged or repaired by it";
    const fix = "See whether the host is overloaded, its disk slow or the program behind it broken, and run again";
    return [onHost(each, unanswered.join(", "), { reason, fix }, severity)];
  }),
];

/** Nothing is refused by their answers: without them a repair waits, or a word of caution is missing. */
const idle = [
  Question.Synchronised,
  Question.Sources,
  Question.Images,
  Question.Hashes,
  Question.Modes,
  Question.Budgets,
];

function silence(id: string, name: string, weight: Weight, kind: Silence): Check {
  return check(id, name, weight, (context) => silentFor(kind, context, weight));
}

function silentFor(kind: Silence, context: Context, weight: Weight): Finding[] {
  return context.spec.hosts.flatMap((host): Finding[] => {
    const observation = context.observations.get(host.name);
    if (observation?.silence !== kind || isResting(host)) return [];
    const { reason, fix } = silenceWords(kind, observation.detail);
    const severity = weight === Weight.Error ? Severity.Error : gravity(context, host);
    return [onHost({ host }, host.sshHost, { reason, fix }, severity)];
  });
}

/** Why a host gave no facts, with what was seen instead. */
export function silenceWords(kind: Silence, detail: string): Words {
  const { reason, fix } = words[kind];
  return { reason: detail === "" ? reason : `${reason} (${detail})`, fix };
}
