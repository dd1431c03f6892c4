/**
 * Annotations of every object that the program applies. One manager for good: a state that was rebuilt goes on as the
 * owner of what the lost one made, and what leaves the configuration leaves the object. Forced, for what somebody else
 * has set is brought back, and clusters of earlier releases know other managers.
 */
export const owned = { "pulumi.com/patchFieldManager": "kubeadm-ha", "pulumi.com/patchForce": "true" };
