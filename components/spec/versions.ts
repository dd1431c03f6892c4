/**
 * What the program knows about versions, one row a Kubernetes minor.
 * Any patch of a minor in the table is accepted; the `tested` ones are built and drilled in the lab.
 */
import semver from "semver";

export interface MinorVersions {
  /** `1.35`. */
  minor: string;
  /** The patch release that the lab builds and drills, `v1.35.4`. */
  tested: string;
  /** Tag of the pause image that kubeadm of this minor names. */
  pause: string;
  /** Tag of the CoreDNS image that kubeadm of this minor names. */
  coredns: string;
  /** kubeadm's configuration API to write. */
  kubeadmApi: string;
  /** Oldest external etcd that kubeadm of this minor accepts. */
  etcdMinimum: string;
  /** First etcd that is too new for the minor. */
  etcdBelow: string;
  /** The etcd release to choose. */
  etcdRecommended: string;
  /** Oldest containerd for the minor: the program writes its version 3 configuration, which 1.x cannot read. */
  containerdMinimum: string;
  /** First containerd that is not known to work. */
  containerdBelow: string;
  /** What this minor took away from the minor before it. */
  removed: Changes;
  /** What this minor brought. */
  added: Changes;
}

/** Flags by component, without leading dashes, and feature gates: a component given one it does not know does not start. */
export interface Changes {
  apiServer: string[];
  controllerManager: string[];
  scheduler: string[];
  kubelet: string[];
  gates: string[];
}

const names = (list: string) => list.trim().split(/\s+/);

const nothing: Changes = { apiServer: [], controllerManager: [], scheduler: [], kubelet: [], gates: [] };

const etcd = { etcdMinimum: "3.5.24", etcdBelow: "3.7.0", etcdRecommended: "3.6.16" };
const containerd = { containerdMinimum: "2.0.0", containerdBelow: "3.0.0" };

/** The supported minors, oldest first. Flags and gates come from comparing the components' sources. */
export const minors: MinorVersions[] = [
  {
    minor: "1.34",
    tested: "v1.34.4",
    pause: "3.10.1",
    coredns: "v1.12.1",
    kubeadmApi: "kubeadm.k8s.io/v1beta4",
    ...etcd,
    ...containerd,
    removed: {
      // All that old guides still name, whichever minor took it away.
      apiServer: names(`
        address port insecure-port insecure-bind-address kubelet-https target-ram-mb basic-auth-file
        cloud-config cloud-provider master-service-namespace experimental-encryption-provider-config
        service-account-api-audiences logtostderr log-dir log-file`),
      controllerManager: names(`
        address port pod-eviction-timeout enable-taint-manager deployment-controller-sync-period
        experimental-cluster-signing-duration register-retry-count deleting-pods-qps deleting-pods-burst
        horizontal-pod-autoscaler-upscale-delay horizontal-pod-autoscaler-downscale-delay
        horizontal-pod-autoscaler-use-rest-clients volume-host-cidr-denylist
        volume-host-allow-local-loopback logtostderr log-dir log-file`),
      scheduler: names(`
        address port algorithm-provider policy-config-file policy-configmap use-legacy-policy-config
        scheduler-name lock-object-name lock-object-namespace hard-pod-affinity-symmetric-weight logtostderr
        log-dir log-file`),
      kubelet: ["cloud-config", "register-schedulable", "network-plugin", "container-runtime", "cni-bin-dir"],
      gates: [],
    },
    added: nothing,
  },
  {
    minor: "1.35",
    tested: "v1.35.4",
    pause: "3.10.1",
    coredns: "v1.13.1",
    kubeadmApi: "kubeadm.k8s.io/v1beta4",
    ...etcd,
    ...containerd,
    removed: {
      ...nothing,
      kubelet: ["pod-infra-container-image"],
      gates: names(`
        AllowServiceLBStatusOnNonLB ComponentSLIs CronJobsScheduledAnnotation LoadBalancerIPMode
        PodIndexLabel ProbeHostPodSecurityStandards SizeMemoryBackedVolumes StatefulSetAutoDeletePVC
        StrictCostEnforcementForVAP StrictCostEnforcementForWebhooks UserNamespacesPodSecurityStandards`),
    },
    added: {
      apiServer: ["min-compatibility-version"],
      controllerManager: names(
        "concurrent-device-taint-eviction-syncs controller-shutdown-timeout min-compatibility-version",
      ),
      scheduler: ["min-compatibility-version"],
      kubelet: [],
      gates: [],
    },
  },
  {
    minor: "1.36",
    tested: "v1.36.3",
    pause: "3.10.2",
    coredns: "v1.14.2",
    kubeadmApi: "kubeadm.k8s.io/v1beta4",
    ...etcd,
    ...containerd,
    removed: {
      ...nothing,
      gates: names(`
        CSIMigrationPortworx HonorPVReclaimPolicy InPlacePodVerticalScalingAllocatedStatus
        InTreePluginPortworxUnregister MemoryManager ServiceTrafficDistribution TopologyAwareHints
        StructuredAuthorizationConfiguration WatchFromStorageWithoutResourceVersion`),
    },
    added: {
      apiServer: ["tls-curve-preferences"],
      controllerManager: ["tls-curve-preferences", "concurrent-node-status-updates", "concurrent-resourceclaim-syncs"],
      scheduler: ["tls-curve-preferences"],
      kubelet: ["tls-curve-preferences"],
      gates: [],
    },
  },
];

/** Oldest 3.5 that etcd's guide lets go on to 3.6: older members may come back as zombies there, or lose their vote. */
const wayTo36 = "3.5.32";

/** Oldest patch of an etcd minor that the program installs, whatever kubeadm accepts: none with a way on that is shut. */
export const etcdFloors: Record<string, string> = { "3.5": wayTo36, "3.6": "3.6.0" };

/** A minor of etcd, and how the way on from it begins. */
export interface EtcdMinor {
  /** `3.5`. */
  minor: string;
  /** Oldest patch of this minor from which etcd's guide allows the next minor; on every member. */
  leaveFrom: string;
  /** Patch of this minor to stop at on the way to the next. */
  stopover: string;
}

/** The minors of etcd, oldest first: one is never skipped. From etcd's upgrade guides for 3.6 and 3.7. */
export const etcdMinors: EtcdMinor[] = [
  { minor: "3.5", leaveFrom: wayTo36, stopover: "3.5.33" },
  { minor: "3.6", leaveFrom: "3.6.11", stopover: "3.6.16" },
  { minor: "3.7", leaveFrom: "3.7.0", stopover: "3.7.0" },
];

/** First patch of an etcd minor without the TLS handshake denial of service of July 2026 (GHSA-6vch-q96h-7gc3). */
export const etcdSafe: Record<string, string> = { "3.5": "3.5.33", "3.6": "3.6.14" };

/** containerd that is installed when the config names none. */
export const defaultContainerd = "2.2.9";

/** flannel that is installed when the config names none. */
export const defaultFlannel = "v0.28.4";

/** `v1.35.4` → `1.35`; undefined when the text is no version. */
export function minorOf(version: string): string | undefined {
  const parsed = semver.parse(version);
  return parsed === null ? undefined : `${parsed.major}.${parsed.minor}`;
}

/** The table's row for a version, `v1.35.4`, or a minor, `1.35`; undefined when the minor is not supported. */
export function minorVersions(versionOrMinor: string): MinorVersions | undefined {
  const minor = minorOf(versionOrMinor) ?? versionOrMinor;
  return minors.find((row) => row.minor === minor);
}

/** CoreDNS tag of a supported minor. */
export function coreDnsTag(minor: string): string {
  const row = minorVersions(minor);
  if (row === undefined) throw new RangeError(`Kubernetes ${minor} is not in the versions table`);
  return row.coredns;
}

/** The minor that took a flag or gate away, when a cluster of `minor` no longer knows it. */
export function removedBy(kind: keyof Changes, name: string, minor: string): string | undefined {
  return upTo(minor).find((row) => row.removed[kind].includes(name))?.minor;
}

/** The minor that brings a flag, when a cluster of `minor` does not know it yet. */
export function comesWith(kind: keyof Changes, name: string, minor: string): string | undefined {
  return minors.slice(upTo(minor).length).find((row) => row.added[kind].includes(name))?.minor;
}

function upTo(minor: string): MinorVersions[] {
  return minors.slice(0, minors.findIndex((row) => row.minor === minor) + 1);
}
