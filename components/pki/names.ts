/** Names and addresses that serving certificates answer to. Pure. */
import { apiEndpoint, serviceIp } from "../spec/topology";
import type { ClusterSpec, HostSpec } from "../spec/types";
import { isIPv4 } from "node:net";

export interface AlternativeNames {
  dnsNames: string[];
  ipAddresses: string[];
}

/**
 * An API server's names: the Service's, the endpoint's, its own host's and what the operator adds. Other control
 * planes are not among them, so adding one reissues nothing.
 */
export function apiServerNames(spec: ClusterSpec, host: HostSpec): AlternativeNames {
  const { api, network } = spec;
  const extra = [apiEndpoint(spec).host, ...(api.dnsName ? [api.dnsName] : []), ...api.extraSans];
  return {
    dnsNames: unique([
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      `kubernetes.default.svc.${network.dnsDomain}`,
      "localhost",
      host.name,
      ...extra.filter((name) => !isIPv4(name)),
    ]),
    ipAddresses: unique([
      serviceIp(network.serviceCidr, 1),
      host.ip,
      "127.0.0.1",
      ...extra.filter((name) => isIPv4(name)),
    ]),
  };
}

/**
 * A member's names. Peers compare the address a connection comes from with the IP SANs, so the member's own
 * address has to be there (etcd's transport security guide).
 */
export function etcdMemberNames(host: HostSpec): AlternativeNames {
  return { dnsNames: ["localhost", host.name], ipAddresses: [host.ip, "127.0.0.1"] };
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}
