/** Where keys and certificates stand on a host. */

/** kubeadm's folder. */
export const KUBERNETES_PKI = "/etc/kubernetes/pki";

/** The etcd member's own files live apart from kubeadm's folder, which `kubeadm reset` deletes. */
export const ETCD_PKI = "/etc/etcd/pki";

/** A joining node's own client certificate: discovery and TLS bootstrap without a token. */
export const JOIN_KUBECONFIG = "/var/lib/kubeadm-ha/join.conf";
