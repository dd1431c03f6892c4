/** Views of the running cluster: what its API and its etcd say, from the first host that can tell. */
import { hasRole } from "../../spec/topology";
import type { Role } from "../../spec/types";
import type { EtcdFacts, NodeFacts } from "../facts";
import { isResting, seen, type Context, type Placed, type Seen } from "./check";
import { ours } from "./running";

/** Nodes as the API knows them; undefined when no API server gave their list. */
export function nodesAnswered(context: Context): NodeFacts[] | undefined {
  return ours(context).find(({ facts }) => facts.cluster !== undefined)?.facts.cluster?.nodes;
}

/** The same where it makes no difference: none when nobody told, of which `api-answers` tells. */
export function nodesSeen(context: Context): NodeFacts[] {
  return nodesAnswered(context) ?? [];
}

/** The configuration's host that a node stands for. */
export function hostOf({ spec }: Context, node: Pick<NodeFacts, "name">): Placed | undefined {
  const host = spec.hosts.find(({ name }) => name === node.name);
  return host && { host };
}

/** Members as etcd lists them, from a healthy member if there is one; none when nobody told. */
export function membersSeen(context: Context): EtcdFacts["members"] {
  const asked = ours(context).flatMap(({ facts }) => (facts.etcd?.members.length ? facts.etcd : []));
  return (asked.find(({ healthy }) => healthy) ?? asked[0])?.members ?? [];
}

/** The configuration's host of a member; one that never started has no name, but an address. */
export function hostOfMember({ spec }: Context, member: EtcdFacts["members"][number]): Placed | undefined {
  const isIts = ({ name, ip }: { name: string; ip: string }) =>
    member.name === name || (member.name === "" && member.peerUrls.some((url) => url.startsWith(`https://${ip}:`)));
  const host = spec.hosts.find(isIts);
  return host && { host };
}

/** Hosts in service that had a role in the last complete update already, and that answered. */
export function settledWith(context: Context, role: Role): Seen[] {
  const before = (name: string) => context.applied?.hosts.find((host) => host.name === name);
  return seen(context).filter(
    ({ host }) => host.settled && !isResting(host) && hasRole(host, role) && hasRole(before(host.name) ?? host, role),
  );
}

/** The static pods of a control plane. */
export const controlPlaneParts = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/** Parts of a control plane that do not run well, as they are told. */
export function brokenParts({ facts }: Seen): string[] {
  return controlPlaneParts.filter(
    (part) => !facts.staticPods.some(({ component, healthy }) => component === part && healthy),
  );
}

/** Whether a settled etcd host serves as a full member. */
export function isGoodMember(context: Context, { host, facts }: Seen): boolean {
  if (facts.etcd?.healthy !== true) return false;
  const own = membersSeen(context).find((member) => hostOfMember(context, member)?.host === host);
  return own === undefined || (!own.learner && own.name !== "");
}
