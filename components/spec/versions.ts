/**
 * What the program knows about versions, by Kubernetes minor.
 * Any patch of a minor in the table is accepted; the `tested` ones are built and drilled in the lab.
 */
import semver from "semver";

export interface MinorVersions {
  /** `1.35`. */
  minor: string;
  /** The patch release that the lab builds and drills. */
  tested: string;
  /** Tag of the pause image that kubeadm of this minor names. */
  pause: string;
  /** Tag of the CoreDNS image that kubeadm of this minor names. */
  coredns: string;
  /** kubeadm's configuration API to write. */
  kubeadmApi: string;
  /** Oldest external etcd that kubeadm of this minor accepts. */
  etcdMinimum: string;
  /** etcd releases that this program installs for the minor, a semver range. */
  etcdRange: string;
  /** The etcd release to choose. */
  etcdRecommended: string;
  /** Oldest containerd that works with the minor and this program's configuration file. */
  containerdMinimum: string;
  /** Newest containerd major that is known to work, as an exclusive upper bound. */
  containerdBelow: string;
  /** Flags that a component of this minor no longer knows: it would not start. */
  removedFlags: RemovedFlags;
}

/** Flags without leading dashes, each with the minor that removed it. */
export interface RemovedFlags {
  apiServer: Record<string, string>;
  controllerManager: Record<string, string>;
  scheduler: Record<string, string>;
  kubelet: Record<string, string>;
}

const removedBefore134: RemovedFlags = {
  apiServer: {},
  controllerManager: {},
  scheduler: {},
  kubelet: {},
};

/** The supported minors, oldest first. */
export const minors: MinorVersions[] = [
  {
    minor: "1.34",
    tested: "v1.34.4",
    pause: "3.10.1",
    coredns: "v1.12.1",
    kubeadmApi: "kubeadm.k8s.io/v1beta4",
    etcdMinimum: "3.5.24",
    etcdRange: ">=3.5.32 <3.7.0",
    etcdRecommended: "3.6.16",
    containerdMinimum: "2.0.0",
    containerdBelow: "3.0.0",
    removedFlags: removedBefore134,
  },
  {
    minor: "1.35",
    tested: "v1.35.4",
    pause: "3.10.1",
    coredns: "v1.13.1",
    kubeadmApi: "kubeadm.k8s.io/v1beta4",
    etcdMinimum: "3.5.24",
    etcdRange: ">=3.5.32 <3.7.0",
    etcdRecommended: "3.6.16",
    containerdMinimum: "2.0.0",
    containerdBelow: "3.0.0",
    removedFlags: removedBefore134,
  },
  {
    minor: "1.36",
    tested: "v1.36.3",
    pause: "3.10.2",
    coredns: "v1.14.2",
    kubeadmApi: "kubeadm.k8s.io/v1beta4",
    etcdMinimum: "3.5.24",
    etcdRange: ">=3.5.32 <3.7.0",
    etcdRecommended: "3.6.16",
    containerdMinimum: "2.0.0",
    containerdBelow: "3.0.0",
    removedFlags: removedBefore134,
  },
];

/** containerd that is installed when the config names none. */
export const defaultContainerd = "2.2.9";

/** flannel that is installed when the config names none. */
export const defaultFlannel = "v0.28.4";

/** `v1.35.4` → `1.35`; undefined when the text is no version. */
export function minorOf(kubernetesVersion: string): string | undefined {
  const version = semver.parse(kubernetesVersion);
  return version === null ? undefined : `${version.major}.${version.minor}`;
}

/** The table's row for a version, `v1.35.4`, or a minor, `1.35`; undefined when the minor is not supported. */
export function minorVersions(versionOrMinor: string): MinorVersions | undefined {
  const minor = minorOf(versionOrMinor) ?? versionOrMinor;
  return minors.find((row) => row.minor === minor);
}
