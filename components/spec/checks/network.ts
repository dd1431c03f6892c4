/** Pod, service and node networks: well-formed, large enough, and apart from one another. */
import { contains, formatBlock, overlaps, parseBlock, type Block } from "../cidr";
import { keyPath, show, type Problem } from "../problem";
import { sentence } from "../sentence";
import { nodes } from "../topology";
import type { ComponentSpec, NetworkSpec } from "../types";
import { vipSubnet } from "./api";

type CidrKey = "podCidr" | "serviceCidr";

const cidrKeys: CidrKey[] = ["podCidr", "serviceCidr"];
const examples: Record<CidrKey, string> = { podCidr: "10.200.0.0/16", serviceCidr: "10.32.0.0/16" };

/** The prefix length that kube-controller-manager gives a node when no flag says otherwise. */
const NODE_MASK = 24;

export const networkChecks = [
  sentence("cidrs-well-formed", "pod and service CIDR are IPv4 blocks without host bits", ["network"], ({ network }) =>
    cidrKeys.flatMap((name): Problem[] => {
      const words = malformed(network[name], examples[name]);
      return words === undefined ? [] : [{ key: `network.${name}`, value: show(network[name]), ...words }];
    }),
  ),

  sentence("cidrs-unicast", "pod and service CIDR lie in unicast space", ["network"], ({ network }) =>
    cidrKeys.flatMap((name): Problem[] => {
      const block = blockIn(network, name);
      const special = block && specialBlocks.find((each) => overlaps(each.block, block));
      if (special === undefined) return [];
      const reason = `overlaps ${formatBlock(special.block)} (${special.use})`;
      return [
        { key: `network.${name}`, value: network[name], reason, fix: `Use a private block like ${examples[name]}` },
      ];
    }),
  ),

  sentence("service-cidr-size", "the service CIDR is of a size that Kubernetes takes", ["network"], ({ network }) => {
    const prefix = blockIn(network, "serviceCidr")?.prefix;
    if (prefix === undefined || (prefix >= 12 && prefix <= 28)) return [];
    const reason =
      prefix < 12 ? "is larger than the API server allows (/12)" : "has too few addresses, kubeadm needs 10";
    return [{ key: "network.serviceCidr", value: network.serviceCidr, reason, fix: "Use /12 to /28, /16 is usual" }];
  }),

  sentence(
    "pod-cidr-size",
    "the pod CIDR has a block for every node",
    ["network", "hosts", "controllerManager"],
    ({ network, hosts, controllerManager }) => {
      const mask = nodeMask(controllerManager);
      const block = blockIn(network, "podCidr");
      if (mask === undefined || block === undefined) return [];
      const key = "network.podCidr";
      const value = network.podCidr;
      if (mask - block.prefix > 16) {
        const reason = `is more than 16 bits larger than a node's /${mask}, which Kubernetes refuses`;
        return [{ key, value, reason, fix: `Use /${mask - 16} or smaller` }];
      }
      const room = block.prefix > mask ? 0 : 2 ** (mask - block.prefix);
      const count = nodes({ hosts }).length;
      if (room >= count) return [];
      const needed = mask - Math.ceil(Math.log2(Math.max(count, 1)));
      return [
        {
          key,
          value,
          reason: `has room for ${room} nodes of /${mask} each, and there are ${count}`,
          fix: `Use /${needed} or larger`,
        },
      ];
    },
  ),

  sentence("node-mask", "the node mask is a prefix length", ["controllerManager"], ({ controllerManager }) => {
    if (nodeMask(controllerManager) !== undefined) return [];
    const key = "controllerManager.extraArgs.node-cidr-mask-size";
    const value = controllerManager.extraArgs["node-cidr-mask-size"] ?? "";
    return [{ key, value, reason: "is not a prefix length for a node", fix: 'Use "16" to "28", or remove it for 24' }];
  }),

  sentence("cidrs-apart", "pod and service CIDR do not overlap", ["network"], ({ network }) => {
    const [pods, services] = [blockIn(network, "podCidr"), blockIn(network, "serviceCidr")];
    if (pods === undefined || services === undefined || !overlaps(pods, services)) return [];
    const reason = `overlaps network.podCidr ${network.podCidr}`;
    const fix = "Choose two blocks that share no address";
    return [{ key: "network.serviceCidr", value: network.serviceCidr, reason, fix }];
  }),

  sentence(
    "cidrs-apart-from-vip",
    "pod and service CIDR are apart from the VIP's subnet",
    ["network", "api"],
    ({ network, api }) => {
      const subnet = vipSubnet(api);
      if (subnet === undefined) return [];
      return cidrKeys.flatMap((name): Problem[] => {
        const block = blockIn(network, name);
        if (block === undefined || !overlaps(block, subnet)) return [];
        const reason = `overlaps ${formatBlock(subnet)}, the subnet of api.vip ${api.vip}`;
        return [
          { key: `network.${name}`, value: network[name], reason, fix: `Choose a block apart, like ${examples[name]}` },
        ];
      });
    },
  ),

  sentence(
    "cidrs-apart-from-hosts",
    "no host's address lies in the pod or service CIDR",
    ["network", "hosts", "api"],
    ({ network, hosts, api }) =>
      cidrKeys.flatMap((name) => {
        const block = blockIn(network, name);
        const subnet = vipSubnet(api);
        return hosts.flatMap((host, index): Problem[] => {
          if (block === undefined || !contains(block, host.ip)) return [];
          // A host of the VIP's subnet is told of with the subnet.
          if (subnet !== undefined && contains(subnet, host.ip)) return [];
          const reason = `lies in network.${name} ${network[name]}`;
          const fix = `Choose another network.${name}: pods could not reach ${host.name}`;
          return [{ key: keyPath(["hosts", index, "ip"]), value: host.ip, reason, fix }];
        });
      }),
  ),
];

const specialBlocks = [
  { text: "0.0.0.0/8", use: "no network" },
  { text: "127.0.0.0/8", use: "loopback" },
  { text: "169.254.0.0/16", use: "link-local" },
  { text: "224.0.0.0/3", use: "multicast and reserved" },
].flatMap(({ text, use }) => {
  const block = parseBlock(text);
  return block === undefined ? [] : [{ block, use }];
});

function malformed(cidr: string, example: string): Pick<Problem, "reason" | "fix"> | undefined {
  if (cidr.includes(",")) {
    const reason = "names more than one block, and dual stack is not supported yet";
    return { reason, fix: `Use one IPv4 block like ${example}` };
  }
  if (cidr.includes(":"))
    return { reason: "is IPv6, and only IPv4 is supported yet", fix: `Use an IPv4 block like ${example}` };
  const block = parseBlock(cidr);
  if (block === undefined)
    return { reason: "is not an IPv4 block, address/prefix length", fix: `Write it like ${example}` };
  if (formatBlock(block) === cidr) return undefined;
  return { reason: "has host bits set", fix: `Write ${formatBlock(block)} for the block that it lies in` };
}

// The block when it is well-formed; when it is not, the first sentence says so.
function blockIn(network: NetworkSpec, name: CidrKey): Block | undefined {
  const block = parseBlock(network[name]);
  return block !== undefined && formatBlock(block) === network[name] ? block : undefined;
}

function nodeMask(controllerManager: ComponentSpec): number | undefined {
  const flag = controllerManager.extraArgs["node-cidr-mask-size"];
  if (flag === undefined) return NODE_MASK;
  return /^(1[6-9]|2[0-8])$/.test(flag) ? Number(flag) : undefined;
}
