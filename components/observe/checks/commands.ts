/** What the update would run: every step of it can come to its end on the hosts as they are. */
import { Change, Step, type DeclaredCommand } from "../../host/commands";
import { keyPath } from "../../spec/problem";
import { hasRole } from "../../spec/topology";
import { Role, type HostSpec } from "../../spec/types";
import { Silence } from "../facts";
import { check, isResting, onHost, Severity, Weight, type Check, type Context, type Finding } from "./check";

export const commandChecks: Check[] = [
  check("changes-reachable", "every host on which something changes answers", Weight.Error, unreachable),
  check(
    "changes-while-resting",
    "nothing that waits for every control plane and member changes while one of them is off in maintenance",
    Weight.Error,
    unhealable,
  ),
];

/** Of what else a host may be, other checks tell. */
const gone: (Silence | undefined)[] = [Silence.Unreachable, Silence.Broken];

// A command would try to connect for minutes, and fail after others have changed.
function unreachable(context: Context): Finding[] {
  return context.spec.hosts.flatMap((host): Finding[] => {
    const observation = context.observations.get(host.name);
    const own = changing(context, [Change.New, Change.Edited]).filter((command) => command.host === host.name);
    if (isResting(host) || !gone.includes(observation?.silence)) return [];
    if (own.length === 0 && !host.rested) return [];
    const detail = observation?.detail ? ` (${observation.detail})` : "";
    const what = own.length === 0 ? "ends its maintenance" : `changes something there: ${stepsOf(own)}`;
    const reason = `gives no answer${detail}, and this update ${what}`;
    const fix = "Start it, say `state: maintenance` or `state: lost`, or make the change when it is back";
    return [onHost({ host }, host.sshHost, { reason, fix }, Severity.Error)];
  });
}

/** Gates of these steps ask for every other etcd member, API server and node of a control plane. */
const gated = [Step.ControlPlane, Step.Kubelet, Step.Settings];

// With one that is off, no other may be taken out of service, and none is.
function unhealable(context: Context): Finding[] {
  const { spec, observations } = context;
  const off = spec.hosts.filter((host) => isResting(host) && observations.get(host.name)?.facts === undefined);
  return off.flatMap((host): Finding[] => {
    const isMember = hasRole(host, Role.Etcd);
    if (!isMember && !hasRole(host, Role.ControlPlane)) return [];
    const steps = isMember ? [Step.Member, ...gated] : gated;
    const own = changing(context, [Change.Edited]).filter(
      (command) => steps.includes(command.step) && serves(spec.hosts, command),
    );
    if (own.length === 0) return [];
    const names = [...new Set(own.map((command) => command.host))].join(", ");
    const reason = `lets ${host.name} be off, and what this update changes on ${names} waits until it is healthy: ${stepsOf(own)}`;
    const fix = "Start it and set it to `active` first, or make the change after that";
    const key = keyPath(["hosts", host.place, "state"]);
    return [{ key, value: host.state, reason, fix, severity: Severity.Error }];
  });
}

// A worker's gate asks for no more than the API.
function serves(hosts: HostSpec[], { host, step }: DeclaredCommand): boolean {
  const of = hosts.find(({ name }) => name === host);
  return of !== undefined && !isResting(of) && (step === Step.Settings || !hasRole(of, Role.Worker));
}

function changing({ commands = [] }: Context, changes: Change[]): DeclaredCommand[] {
  return commands.filter(({ change }) => changes.includes(change));
}

/** Each once, in the order in which they come. */
function stepsOf(commands: DeclaredCommand[]): string {
  const steps = Object.values(Step).filter((step) => commands.some((command) => command.step === step));
  return steps.join(", ");
}
