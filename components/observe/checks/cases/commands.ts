import { Change, Step } from "../../../host/commands";
import { hostsWith } from "../../../spec/cases/case";
import { Silence } from "../../facts";
import { Severity } from "../check";
import type { Case } from "./case";

const { Error } = Severity;
const resting = hostsWith(1, { state: "maintenance" });
const edited = (host: string, step: Step, change = Change.Edited) => ({ host, step, change });
const off: Record<string, [Silence, string]> = { cp2: [Silence.Unreachable, "ETIMEDOUT"] };
const pods = [edited("cp1", Step.ControlPlane), edited("cp3", Step.ControlPlane), edited("cp1", Step.Settings)];

export const commandCases: Case[] = [
  {
    check: "changes-reachable",
    given: {
      silent: { w2: [Silence.Unreachable, "ETIMEDOUT"] },
      commands: [edited("w2", Step.Stage), edited("w2", Step.Kubelet, Change.New), edited("w1", Step.Kubelet)],
    },
    key: "hosts[4] (w2) 192.0.2.22",
    severity: Error,
    says: ["gives no answer (ETIMEDOUT)", "changes something there: stage, kubelet", "`state: maintenance`"],
    fine: {
      silent: { w2: [Silence.Unreachable, "ETIMEDOUT"] },
      commands: [edited("w1", Step.Kubelet), edited("w2", Step.Kubelet, Change.None)],
    },
  },
  {
    check: "changes-reachable",
    given: { silent: { cp2: [Silence.Broken, ""] }, commands: [edited("cp2", Step.Vip)] },
    key: "hosts[1] (cp2)",
    severity: Error,
    says: ["gives no answer, and this update"],
    // Of another key another check tells.
    fine: { silent: { cp2: [Silence.HostKey, ""] }, commands: [edited("cp2", Step.Vip)] },
  },
  {
    check: "changes-reachable",
    given: { silent: off, rested: ["cp2"] },
    key: "hosts[1] (cp2)",
    severity: Error,
    says: ["gives no answer (ETIMEDOUT), and this update ends its maintenance"],
    fine: { rested: ["cp2"] },
  },
  {
    check: "changes-while-resting",
    given: { config: resting, silent: off, commands: pods },
    key: "hosts[1].state maintenance",
    severity: Error,
    says: ["lets cp2 be off", "changes on cp1, cp3 waits", "control-plane, settings", "set it to `active` first"],
    fine: { config: resting, commands: pods },
  },
  {
    check: "changes-while-resting",
    given: { config: resting, silent: off, commands: [edited("cp3", Step.Member)] },
    key: "hosts[1].state maintenance",
    severity: Error,
    says: ["changes on cp3 waits", ": member"],
    // Workers and the virtual IP ask for nobody else.
    fine: {
      config: resting,
      silent: off,
      commands: [edited("w1", Step.Kubelet), edited("cp1", Step.Vip), edited("cp2", Step.Member)],
    },
  },
];
