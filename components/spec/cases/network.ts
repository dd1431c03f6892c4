import { hostsWith, type Case } from "./case";

const network = (change: Record<string, unknown>) => ({ network: change });
const nodeMask = (mask: string) => ({ controllerManager: { extraArgs: { "node-cidr-mask-size": mask } } });

const wellFormed = "pod and service CIDR are IPv4 blocks without host bits";
const unicast = "pod and service CIDR lie in unicast space";
const size = "the service CIDR is of a size that Kubernetes takes";
const room = "the pod CIDR has a block for every node";
const apart = "pod and service CIDR are apart from the VIP's subnet";

export const networkCases: Case[] = [
  {
    sentence: wellFormed,
    refused: network({ podCidr: "10.200.0.1/16" }),
    key: "network.podCidr",
    says: ["host bits", "Write 10.200.0.0/16"],
  },
  {
    sentence: wellFormed,
    refused: network({ serviceCidr: "10.32.0.0" }),
    key: "network.serviceCidr",
    says: ["not an IPv4 block", "10.32.0.0/16"],
  },
  {
    sentence: wellFormed,
    refused: network({ podCidr: "10.200.0.0/33" }),
    key: "network.podCidr",
    says: ["not an IPv4 block"],
  },
  {
    sentence: wellFormed,
    refused: network({ podCidr: "010.200.0.0/16" }),
    key: "network.podCidr",
    says: ["not an IPv4 block"],
  },
  {
    sentence: wellFormed,
    refused: network({ podCidr: "10.200.0.0/16,fd00::/56" }),
    key: "network.podCidr",
    says: ["dual stack is not supported yet", "one IPv4 block"],
  },
  {
    sentence: wellFormed,
    refused: network({ serviceCidr: "fd00::/112" }),
    key: "network.serviceCidr",
    says: ["IPv6", "IPv4 block"],
    accepted: network({ serviceCidr: "172.20.0.0/14" }),
  },
  {
    sentence: unicast,
    refused: network({ podCidr: "127.0.0.0/16" }),
    key: "network.podCidr",
    says: ["loopback", "10.200.0.0/16"],
  },
  {
    sentence: unicast,
    refused: network({ serviceCidr: "169.254.0.0/20" }),
    key: "network.serviceCidr",
    says: ["link-local"],
  },
  {
    sentence: unicast,
    refused: network({ podCidr: "240.0.0.0/16" }),
    key: "network.podCidr",
    says: ["reserved"],
    accepted: network({ podCidr: "100.64.0.0/16" }),
  },
  {
    sentence: size,
    refused: network({ serviceCidr: "172.0.0.0/11" }),
    key: "network.serviceCidr",
    says: ["larger", "/12 to /28"],
    accepted: network({ serviceCidr: "172.16.0.0/12" }),
  },
  {
    sentence: size,
    refused: network({ serviceCidr: "10.32.0.0/29" }),
    key: "network.serviceCidr",
    says: ["too few addresses", "/12 to /28"],
    accepted: network({ serviceCidr: "10.32.0.0/28" }),
  },
  {
    sentence: room,
    refused: network({ podCidr: "10.200.0.0/22" }),
    key: "network.podCidr",
    says: ["room for 4 nodes", "there are 5", "Use /21 or larger"],
    accepted: network({ podCidr: "10.200.0.0/21" }),
  },
  {
    sentence: room,
    refused: network({ podCidr: "10.200.0.0/25" }),
    key: "network.podCidr",
    says: ["room for 0 nodes"],
  },
  {
    sentence: room,
    refused: network({ podCidr: "16.0.0.0/7" }),
    key: "network.podCidr",
    says: ["more than 16 bits", "Use /8 or smaller"],
  },
  {
    sentence: room,
    refused: { ...network({ podCidr: "10.200.0.0/21" }), ...nodeMask("22") },
    key: "network.podCidr",
    says: ["room for 2 nodes of /22", "/19"],
    accepted: { ...network({ podCidr: "10.200.0.0/19" }), ...nodeMask("22") },
  },
  {
    sentence: "the node mask is a prefix length",
    refused: nodeMask("32"),
    key: "controllerManager.extraArgs.node-cidr-mask-size",
    says: ["not a prefix length", "16"],
    accepted: nodeMask("25"),
  },
  {
    sentence: "pod and service CIDR do not overlap",
    refused: network({ podCidr: "10.32.0.0/12" }),
    key: "network.serviceCidr",
    says: ["overlaps network.podCidr 10.32.0.0/12", "share no address"],
    accepted: network({ podCidr: "10.33.0.0/16" }),
  },
  {
    sentence: apart,
    refused: network({ podCidr: "192.0.0.0/16" }),
    key: "network.podCidr",
    says: ["overlaps 192.0.2.0/24", "apart"],
  },
  {
    sentence: apart,
    refused: network({ serviceCidr: "192.0.2.128/25" }),
    key: "network.serviceCidr",
    says: ["overlaps 192.0.2.0/24"],
    accepted: network({ serviceCidr: "192.0.3.0/24" }),
  },
  {
    sentence: "no host's address lies in the pod or service CIDR",
    refused: hostsWith(3, { ip: "10.200.5.1" }),
    key: "hosts[3].ip",
    says: ["lies in network.podCidr 10.200.0.0/16", "could not reach w1"],
    accepted: hostsWith(3, { ip: "10.201.5.1" }),
  },
];
