/** What the fleet's things are called in docker and on this machine. */

/** The host that serves packages, archives and images; every lab has one beside the hosts of its stack file. */
export const MIRROR = "mirror";

/** On every container and network: the lab that it belongs to. */
export const LAB_LABEL = "kubeadm-ha.lab";
export const HOST_LABEL = "kubeadm-ha.host";
export const IP_LABEL = "kubeadm-ha.ip";
/** On the mirror's container: the folders that it was started with. */
export const MOUNTS_LABEL = "kubeadm-ha.mounts";

/** The docker network and its bridge. */
export function networkName(lab: string): string {
  return `kha-${lab}`;
}

export function containerName(lab: string, host: string): string {
  return `kha-${lab}-${host}`;
}
