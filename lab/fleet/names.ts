/** What the fleet's things are called in docker and on this machine. */

/** The host that serves packages, archives and images; every lab has one beside the hosts of its stack file. */
export const MIRROR = "mirror";

/** On every container: the lab that it belongs to. */
export const LAB_LABEL = "kubeadm-ha.lab";
export const HOST_LABEL = "kubeadm-ha.host";
export const IP_LABEL = "kubeadm-ha.ip";
/** On the mirror's container: the folders that it was started with. */
export const MOUNTS_LABEL = "kubeadm-ha.mounts";

/** The lab's bridge. */
export function bridgeName(lab: string): string {
  return `kha-${lab}`;
}

export function containerName(lab: string, host: string): string {
  return `kha-${lab}-${host}`;
}

/** This machine's end of a host's cable: `khp1-11` for 10.77.1.11, always the same. */
export function portName(ip: string): string {
  const [, , subnet, host] = ip.split(".");
  return `khp${subnet}-${host}`;
}

/** A host keeps its hardware address for life, as a machine does: 10.77.1.11 is 02:42:0a:4d:01:0b. */
export function hardwareAddress(ip: string): string {
  return ["02", "42", ...ip.split(".").map((part) => Number(part).toString(16).padStart(2, "0"))].join(":");
}
