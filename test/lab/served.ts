/** Versions that the labs of the tests begin with or come to, beside those of the dev stack; their mirrors serve both. */
import { minors } from "../../components/spec/versions";
import type { Further } from "../../lab/mirror/wanted";

export const OLD_CONTAINERD = "2.2.8";
export const OLD_ETCD = "3.6.8";
export const NEXT_KUBERNETES = minors.at(-1)!.tested;

/** By the name of the lab. */
export const served = {
  test: { kubernetesVersions: [NEXT_KUBERNETES], containerdVersions: [OLD_CONTAINERD] },
  "test-etcd": { etcdVersions: [OLD_ETCD] },
  "test-small": {},
} satisfies Record<string, Further>;
