/** The API endpoint: an address and ports that nothing else holds. */
import { blockOf, contains, formatBlock, sizeOf, toAddress, type Block } from "../cidr";
import { keyPath, type Problem } from "../problem";
import { sentence } from "../sentence";
import { hasHaproxy, hasRole, virtualAddress } from "../topology";
import { Role, type ApiSpec } from "../types";
import { unusable } from "./hosts";

/** What listens on a control plane beside HAProxy and the API server. */
const taken: Record<number, string> = {
  2379: "etcd's clients",
  2380: "etcd's peers",
  2381: "etcd's metrics",
  9444: "HAProxy's own health page",
  9445: "HAProxy's page on the etcd member",
  10248: "the kubelet's health page",
  10249: "kube-proxy's metrics",
  10250: "the kubelet",
  10256: "kube-proxy's health page",
  10257: "kube-controller-manager",
  10259: "kube-scheduler",
};

export const apiChecks = [
  sentence("vip-usable", "the VIP can be held by a host", ["api"], ({ api }) => {
    if (api.vip === undefined) return [];
    const reason = unusable(api.vip) ?? edge(api.vip, api.vipPrefix);
    const fix = "Choose a free address of the control planes' subnet";
    return reason === undefined ? [] : [{ key: "api.vip", value: api.vip, reason, fix }];
  }),

  sentence("vip-not-a-host", "the VIP is no host's own address", ["api", "hosts"], ({ api: { vip }, hosts }) => {
    if (vip === undefined) return [];
    const holders = hosts.filter((host) => host.ip === vip || host.sshHost === vip);
    return holders.map(({ name }): Problem => {
      const reason = `is the address of ${name}, and it must be free to move between hosts`;
      return { key: "api.vip", value: vip, reason, fix: "Choose an address that no host has" };
    });
  }),

  sentence("vip-subnet", "control planes are in the VIP's subnet", ["api", "hosts"], ({ api, hosts }) => {
    const subnet = vipSubnet(api);
    return hosts.flatMap((host, index): Problem[] => {
      if (subnet === undefined || !hasRole(host, Role.ControlPlane) || contains(subnet, host.ip)) return [];
      if (host.vipInterface !== undefined) return [];
      const reason = `is outside ${formatBlock(subnet)}, the subnet of api.vip ${api.vip}, so ${host.name} cannot hold the VIP`;
      const fix =
        "Use control planes of one subnet and a VIP inside it, correct api.vipPrefix, or name the interface in vipInterface";
      return [{ key: keyPath(["hosts", index, "ip"]), value: host.ip, reason, fix }];
    });
  }),

  sentence(
    "host-addresses-not-edge",
    "no host has the subnet's network or broadcast address",
    ["api", "hosts"],
    ({ api, hosts }) => {
      const subnet = vipSubnet(api);
      return hosts.flatMap((host, index): Problem[] => {
        const reason = subnet !== undefined && contains(subnet, host.ip) ? edge(host.ip, api.vipPrefix) : undefined;
        if (reason === undefined) return [];
        const fix = "Set the address of the host's interface, or correct api.vipPrefix";
        return [{ key: keyPath(["hosts", index, "ip"]), value: host.ip, reason, fix }];
      });
    },
  ),

  sentence(
    "vip-interface-used",
    "only hosts that may hold the VIP have an interface for it",
    ["api", "hosts"],
    ({ api, hosts }) =>
      hosts.flatMap((host): Problem[] => {
        if (host.vipInterface === undefined) return [];
        if (hasRole(host, Role.ControlPlane) && virtualAddress(api) !== undefined) return [];
        const never = virtualAddress(api) === undefined ? "there is no VIP" : `${host.name} is no control plane`;
        const key = keyPath(["hosts", host.place, "vipInterface"]);
        return [{ key, value: host.vipInterface, reason: `means nothing: ${never}`, fix: "Remove it" }];
      }),
  ),

  sentence(
    "load-balancer-not-a-host",
    "the load balancer is none of the hosts",
    ["api", "hosts"],
    ({ api: { loadBalancer, bindPort }, hosts }) => {
      const host = hosts.find(({ ip, name }) => [ip, name].includes(loadBalancer?.host ?? ""));
      if (loadBalancer === undefined || host === undefined) return [];
      const reason = `is ${host.name}, and with it the whole cluster would lose its API`;
      const fix = `Give the address that your load balancer answers at, and let it pass on to port ${bindPort} of every control plane`;
      return [{ key: "api.loadBalancer.host", value: loadBalancer.host, reason, fix }];
    },
  ),

  sentence("api-ports-differ", "HAProxy and the API server listen on different ports", ["api"], ({ api }) => {
    if (!hasHaproxy(api) || api.port !== api.bindPort) return [];
    const reason = "equals api.bindPort, and HAProxy and the API server run on the same hosts";
    return [
      { key: "api.port", value: String(api.port), reason, fix: "Use 8443 for api.port and 6443 for api.bindPort" },
    ];
  }),

  sentence("api-ports-unreserved", "the API's ports are free on control planes", ["api", "ssh"], ({ api, ssh }) =>
    (hasHaproxy(api) ? (["port", "bindPort"] as const) : (["bindPort"] as const)).flatMap((name): Problem[] => {
      const number = api[name];
      const holder = number === ssh.port ? "sshd" : (taken[number] ?? nodePort(number));
      if (holder === undefined) return [];
      const fix = `Use ${name === "port" ? 8443 : 6443}, or another free port below 30000`;
      return [{ key: `api.${name}`, value: String(number), reason: `is the port of ${holder}`, fix }];
    }),
  ),

  sentence("sans-unique", "SANs are named once", ["api"], ({ api }) =>
    api.extraSans.flatMap((san, index): Problem[] => {
      const known = [api.vip, api.loadBalancer?.host, api.dnsName, ...api.extraSans.slice(0, index)];
      if (!known.includes(san)) return [];
      const reason = "is already a name of the API servers' certificates";
      return [{ key: keyPath(["api", "extraSans", index]), value: san, reason, fix: "Remove it" }];
    }),
  ),
];

/** The subnet of the VIP; undefined where there is none. */
export function vipSubnet({ vip, vipPrefix }: ApiSpec): Block | undefined {
  return vip === undefined ? undefined : blockOf(vip, vipPrefix);
}

function nodePort(number: number): string | undefined {
  return number >= 30000 && number <= 32767 ? "Services of type NodePort (30000–32767)" : undefined;
}

function edge(address: string, prefix: number): string | undefined {
  const subnet = blockOf(address, prefix);
  if (address === toAddress(subnet.base)) return `is the network address of ${formatBlock(subnet)}`;
  if (address === toAddress(subnet.base + sizeOf(prefix) - 1))
    return `is the broadcast address of ${formatBlock(subnet)}`;
  return undefined;
}
