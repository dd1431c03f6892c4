/** Names of resources of the recorded clusters, by host, as a preview shows them. */

type ByHost = (host: string) => string;

export const claim: ByHost = (host) => `dev-${host}-claim`;
export const prepare: ByHost = (host) => `dev-${host}-prepare`;
export const images: ByHost = (host) => `dev-${host}-images`;
export const vip: ByHost = (host) => `dev-${host}-vip`;
/** One-off: the node joins, or bootstraps the cluster. */
export const join: ByHost = (host) => `dev-${host}-join`;
/** One-off: the member starts for the first time. */
export const start: ByHost = (host) => `dev-etcd-${host}-start`;
export const member: ByHost = (host) => `dev-etcd-${host}-member`;
export const controlPlane: ByHost = (host) => `dev-${host}-control-plane`;
export const kubelet: ByHost = (host) => `dev-${host}-kubelet`;

/** Gates, and what is the whole cluster's. */
export const etcdHealthy = "dev-etcd-healthy";
export const snapshot = "dev-etcd-snapshot";
export const settings = "dev-settings";
export const ready = "dev-ready";
