/** Names of resources of the recorded clusters, by host, as a preview shows them. */

type ByHost = (host: string) => string;

export const claim: ByHost = (host) => `dev-${host}-claim`;
/** Does nothing before the host leaves. */
export const giveBack: ByHost = (host) => `dev-${host}-give-back`;
/** One-off: a bare host gets what its role needs. */
export const prepare: ByHost = (host) => `dev-${host}-prepare`;
/** One-off: the first images. */
export const images: ByHost = (host) => `dev-${host}-images`;
/** What a changed configuration needs of the host is fetched and verified. */
export const stage: ByHost = (host) => `dev-${host}-stage`;
export const vip: ByHost = (host) => `dev-${host}-vip`;
/** One-off: the node joins, or bootstraps the cluster. */
export const join: ByHost = (host) => `dev-${host}-join`;
/** One-off: the member starts for the first time. */
export const start: ByHost = (host) => `dev-etcd-${host}-start`;
export const member: ByHost = (host) => `dev-etcd-${host}-member`;
export const controlPlane: ByHost = (host) => `dev-${host}-control-plane`;
export const kubelet: ByHost = (host) => `dev-${host}-kubelet`;

/** Whether a command is of the kind that happens once. */
export function isOnce(name: string): boolean {
  return /-(prepare|images|join|start)$/.test(name);
}

/** Gates, and what is the whole cluster's. */
export const etcdHealthy = "dev-etcd-healthy";
export const snapshot = "dev-etcd-snapshot";
export const settings = "dev-settings";
/** Which nodes of a role are the cluster's: those that left are taken out of it. */
export const controlPlaneNodes = "dev-control-planes";
export const workerNodes = "dev-workers";
/** Of control planes that leave, in this order; the address first, which this machine has the host do. */
export const handover = "dev-handover";
export const drain = "dev-drain";
export const apiServerStop = "dev-api-server-stop";
/** The node of a machine that was replaced. */
export const forget = "dev-forget";
export const labels = "dev-labels";
export const ready = "dev-ready";
