/** Questions about a host's interfaces and routes. */
import { blockOf, isIpv4, parseBlock, type Block } from "../../spec/cidr";
import type { HostFacts } from "../facts";

export type Interface = HostFacts["interfaces"][number];

/** The interface that carries an address. */
export function interfaceOf({ interfaces }: HostFacts, ip: string): Interface | undefined {
  return interfaces.find(({ addresses }) => addresses.some(({ address }) => address === ip));
}

/** The subnet that an interface has an address in; undefined when what it says is no subnet. */
export function subnetOf(found: Interface, ip: string): Block | undefined {
  const prefix = found.addresses.find(({ address }) => address === ip)?.prefix;
  return prefix === undefined || prefix > 32 || !isIpv4(ip) ? undefined : blockOf(ip, prefix);
}

/** Destination of a route; undefined for the default route. A single address may come without its length. */
export function destinationOf(route: HostFacts["routes"][number]): Block | undefined {
  return parseBlock(isIpv4(route.destination) ? `${route.destination}/32` : route.destination);
}

/** All hardware addresses of a host. */
export function macsOf({ interfaces }: HostFacts): string[] {
  return interfaces.map(({ mac }) => mac).filter((mac) => mac !== "");
}
