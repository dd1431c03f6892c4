/** The virtual IP is free, or held by one control plane. */
import { hasRole } from "../../spec/topology";
import { Role } from "../../spec/types";
import {
  answersTo,
  check,
  leavingSeen,
  onHost,
  seen,
  Severity,
  Weight,
  type Check,
  type Context,
  type Finding,
  type Seen,
} from "./check";
import { macsOf } from "./interfaces";
import { changesVersions, ours } from "./running";

export const vipChecks: Check[] = [
  check("vip-free", "nobody else has the VIP", Weight.Both, foreignAnswer),
  check("vip-on-control-plane", "no host but a control plane holds the VIP", Weight.Error, misplaced),
  check("vip-once", "one host at a time holds the VIP", Weight.ByUpgrade, heldTwice),
];

// It moves while hosts are asked one beside the other: any control plane of ours may have had it a moment ago, and one
// that leaves has it until its hand-over.
function foreignAnswer(context: Context): Finding[] {
  const { vip } = context.spec.api;
  // One that cannot say whose it is and what addresses it has may well be the one that answers.
  if (vip === undefined || !seen(context).every(answersTo("vip-free"))) return [];
  const holders = seen(context).filter(({ facts }) => facts.holdsVip);
  const mayHold = [...ours(context), ...leavingSeen(context)].filter(({ host }) => hasRole(host, Role.ControlPlane));
  const known = new Set([...holders, ...mayHold].flatMap(({ facts }) => macsOf(facts)));
  const answers = seen(context).filter(({ facts }) => facts.vipAnsweredBy !== "" && !known.has(facts.vipAnsweredBy));
  return [...new Set(answers.map(({ facts }) => facts.vipAnsweredBy))].map((mac): Finding => {
    const witnesses = answers.filter(({ facts }) => facts.vipAnsweredBy === mac).map(({ host }) => host.name);
    const owner = [...seen(context), ...leavingSeen(context)].find(({ facts }) => macsOf(facts).includes(mac));
    const who = owner === undefined ? `a machine that is none of the hosts` : owner.host.name;
    const reason = `is answered by ${mac}, ${who} (seen by ${witnesses.join(", ")})`;
    const fix = "Choose an address that is free, or take it from that machine";
    return { key: "api.vip", value: vip, reason, fix, severity: answerSeverity(context) };
  });
}

// A control plane that could not be asked may be the one that answers.
function answerSeverity({ spec, observations }: Context): Severity {
  const unseen = [
    ...spec.hosts.filter(({ name }) => observations.get(name)?.facts === undefined),
    ...spec.leaving.filter(({ name }) => observations.leaving?.get(name)?.facts === undefined),
  ];
  return unseen.some((host) => hasRole(host, Role.ControlPlane)) ? Severity.Warning : Severity.Error;
}

function misplaced(context: Context): Finding[] {
  const { vip } = context.spec.api;
  if (vip === undefined) return [];
  return seen(context).flatMap((each): Finding[] => {
    if (!each.facts.holdsVip || hasRole(each.host, Role.ControlPlane)) return [];
    const reason = "is the VIP, and this host is no control plane";
    const fix = "Remove the address there (`ip address del`) and from its network configuration, or choose another VIP";
    return [onHost(each, vip, { reason, fix }, Severity.Error)];
  });
}

function heldTwice(context: Context): Finding[] {
  const { vip } = context.spec.api;
  if (vip === undefined) return [];
  const holders: Seen[] = seen(context).filter(({ facts, host }) => facts.holdsVip && hasRole(host, Role.ControlPlane));
  if (holders.length < 2) return [];
  const names = holders.map(({ host }) => host.name).join(", ");
  const reason = `is held by ${names} at the same time, so control planes do not hear each other's VRRP`;
  const fix =
    "Look again, for it may just have moved; else let IP protocol 112 through between control planes, and see that api.routerId is nobody else's";
  const severity = changesVersions(context) ? Severity.Error : Severity.Warning;
  return [{ key: "api.vip", value: vip, reason, fix, severity }];
}
