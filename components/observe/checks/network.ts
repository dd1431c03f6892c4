/** Hosts have the addresses of the configuration, and routes that leave room for pods and Services. */
import { contains, formatBlock, overlaps, parseBlock, type Block } from "../../spec/cidr";
import { keyPath } from "../../spec/problem";
import { hasRole, isNode } from "../../spec/topology";
import { Role } from "../../spec/types";
import type { HostFacts } from "../facts";
import {
  everyHost,
  onAddress,
  onHost,
  pasteable,
  Severity,
  Weight,
  type Check,
  type Context,
  type Finding,
  type Seen,
} from "./check";
import { destinationOf, interfaceOf, subnetOf } from "./interfaces";
import { gravity } from "./running";

export const networkChecks: Check[] = [
  everyHost("ip-on-host", "every host has its address, on one interface that is up", Weight.ByHost, (each, context) => {
    const { facts, host } = each;
    const severity = gravity(context, host);
    const fix = "Set the address of the host's own interface, or give the host that address";
    const carriers = facts.interfaces.filter(({ addresses }) => addresses.some(({ address }) => address === host.ip));
    const [carrier] = carriers;
    if (carrier === undefined) {
      const reason = `is on no interface of the host, which has ${addressesOf(facts)}`;
      return [onAddress(each, { reason, fix }, severity)];
    }
    if (carriers.length > 1) {
      const reason = `is on ${carriers.map(({ name }) => name).join(" and ")}, so it is not clear which one nodes are reached by`;
      return [onAddress(each, { reason, fix: "Leave it on one of them" }, severity)];
    }
    if (carrier.up) return [];
    const reason = `is on ${carrier.name}, which is down`;
    return [onAddress(each, { reason, fix: `Run \`ip link set ${pasteable(carrier.name)} up\` there` }, severity)];
  }),

  everyHost("default-route", "every node has a route to Services", Weight.ByHost, (each, context) => {
    const services = parseBlock(context.spec.network.serviceCidr);
    const { routes } = each.facts;
    if (!isNode(each.host) || services === undefined || routes.some(({ destination }) => isDefault(destination))) {
      return [];
    }
    const covers = (block: Block | undefined) =>
      block !== undefined && block.prefix <= services.prefix && overlaps(block, services);
    if (routes.some((route) => covers(destinationOf(route)))) return [];
    const reason = `has neither a default route nor one to ${context.spec.network.serviceCidr}, so it could not reach any Service`;
    const fix = "Add a default route there, `ip route add default via GATEWAY`, and make it last";
    return [onHost(each, "", { reason, fix }, gravity(context, each.host))];
  }),

  everyHost("vip-on-link", "the VIP is in the subnet of every control plane's interface", Weight.ByHost, vipOnLink),

  everyHost("routes-apart", "no host has a route into the pod or service CIDR", Weight.Both, (each, context) => [
    ...routesInto(each, context, "podCidr"),
    ...routesInto(each, context, "serviceCidr"),
  ]),
];

function addressesOf({ interfaces }: HostFacts): string {
  const all = interfaces
    .filter(({ name }) => name !== "lo")
    .flatMap(({ name, addresses }) => addresses.map(({ address, prefix }) => `${address}/${prefix} on ${name}`));
  return all.length === 0 ? "no address at all" : all.slice(0, 8).join(", ");
}

function isDefault(destination: string): boolean {
  return destination === "default" || destination === "0.0.0.0/0";
}

function vipOnLink(each: Seen, context: Context): Finding[] {
  const { facts, host } = each;
  const { vip } = context.spec.api;
  if (!hasRole(host, Role.ControlPlane) || vip === undefined) return [];
  if (host.vipInterface !== undefined) return namedInterface(each, host.vipInterface, vip, gravity(context, host));
  const carrier = interfaceOf(facts, host.ip);
  const subnet = carrier && subnetOf(carrier, host.ip);
  if (subnet === undefined || contains(subnet, vip)) return [];
  const reason = `is in ${formatBlock(subnet)} on ${carrier?.name}, and api.vip ${vip} is not, so nobody would find it there`;
  const fix = "Choose a VIP of the control planes' subnet, or correct the prefix length of the interface";
  return [onAddress(each, { reason, fix }, gravity(context, host))];
}

function namedInterface({ facts, host }: Seen, name: string, vip: string, severity: Severity): Finding[] {
  const key = keyPath(["hosts", host.place, "vipInterface"]);
  const found = facts.interfaces.find((each) => each.name === name);
  const finding = (reason: string, fix: string) => [{ key, value: name, reason, fix, severity }];
  if (!found?.up) {
    const reason = found === undefined ? `is no interface of ${host.name}` : `is down on ${host.name}`;
    return finding(
      reason,
      `Set it up there, or name another: it has ${facts.interfaces.map((each) => each.name).join(", ")}`,
    );
  }
  // It may have no address of its own, nor is the VIP's or another single one: then nothing is known of its subnet.
  const addresses = found.addresses.map(({ address }) => address).filter((address) => address !== vip);
  const subnets = addresses.flatMap((address) => subnetOf(found, address) ?? []).filter(({ prefix }) => prefix < 32);
  if (subnets.length === 0 || subnets.some((subnet) => contains(subnet, vip))) return [];
  const reason = `is in ${subnets.map(formatBlock).join(" and ")} on ${host.name}, and api.vip ${vip} is not, so nobody would find it there`;
  return finding(reason, "Name the interface in the VIP's subnet, or choose a VIP of this one's");
}

/** Interfaces that a running cluster makes for its own networks. */
const clusterInterfaces = /^(cni\d*|flannel.*|veth.*|kube-ipvs\d*|nodelocaldns)$/;

function routesInto(each: Seen, context: Context, key: "podCidr" | "serviceCidr"): Finding[] {
  const { network } = context.spec;
  const block = parseBlock(network[key]);
  if (block === undefined || !isNode(each.host)) return [];
  return each.facts.routes.flatMap((route): Finding[] => {
    const to = destinationOf(route);
    if (to === undefined || to.prefix === 0 || !overlaps(to, block)) return [];
    if (to.prefix >= block.prefix && isOwn(each, context, route.interface)) return [];
    const where = `network.${key} ${network[key]}`;
    const fix = `Choose another network.${key}, or remove the route`;
    if (to.prefix < block.prefix) {
      const reason = `is a route by ${route.interface} that holds all of ${where}: what is behind it there cannot be reached from pods`;
      return each.host.settled ? [] : [onHost(each, route.destination, { reason, fix }, Severity.Warning)];
    }
    const reason = `is a route by ${route.interface} into ${where}: pods and hosts would answer for one another`;
    return [onHost(each, route.destination, { reason, fix }, gravity(context, each.host))];
  });
}

// With a pod network of your own, we do not know its interfaces: on a node of the cluster its routes are its own.
function isOwn({ facts }: Seen, { spec }: Context, name: string): boolean {
  if (facts.membership.cluster !== spec.name) return false;
  return spec.network.plugin === "none" || clusterInterfaces.test(name);
}
