/** The release of a node's kubelet and container runtime: version, settings, runtime configuration. */
import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";

import { kubeletDocument, kubeletPatch } from "../controlplane/kubeadm";
import { holds, releasedPackages } from "../host/apt";
import { Step } from "../host/commands";
import { containerdConfig } from "../host/containerd";
import { gateInputs, GATES } from "../host/gates";
import { remoteScript } from "../host/remote";
import { readScript, type Script } from "../host/script";
import { hasRole } from "../spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";

const PACKAGES = readScript(`${__dirname}/../host`, "packages.sh");
const CONTAINERD = readScript(`${__dirname}/../host`, "containerd.sh");
const MANIFESTS = readScript(`${__dirname}/../controlplane`, "manifests.sh");
export const DRAIN = readScript(__dirname, "drain.sh");
export const OWN = readScript(__dirname, "own.sh");
const REGISTER = readScript(__dirname, "register.sh");
const KUBELET = readScript(__dirname, "kubelet.sh");

/** What brings a host's own kubelet fields to kubeadm. */
export const PATCH = readScript(__dirname, "patch.sh");

/** Beyond the drain's own limit: gates, installation, restart and the wait until the node is Ready. */
const LIMIT_SECONDS = 1500;

/** What drain.sh has to know. */
export function drainInputs({ rollout: { drain } }: ClusterSpec): Script["variables"] {
  return {
    DRAIN_TIMEOUT: drain.timeoutSeconds,
    DRAIN_GRACE: drain.gracePeriodSeconds ?? "",
    DRAIN_BLOCKED: drain.onBlocked,
    DRAIN_EMPTY_DIR: drain.deleteEmptyDirData,
  };
}

/** What brings a node back that is not in the cluster any more, and what that has to know. */
export const REGISTRATION = [OWN, REGISTER];

export function registrationInputs(spec: ClusterSpec, host: HostSpec): Script["variables"] {
  const isControlPlane = hasRole(host, Role.ControlPlane);
  return {
    ROLE: isControlPlane ? "control-plane" : "worker",
    WAIT_READY: spec.network.plugin === "none" ? "no" : "yes",
    CLUSTER: spec.name,
  };
}

/**
 * `<name>-kubelet`: drains where a package changes, restarts where only settings do, does nothing on a node that is as
 * wanted. The order of nodes is the caller's: what it depends on goes before.
 */
export function kubeletRelease(
  name: string,
  spec: ClusterSpec,
  host: HostSpec,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  const { drain } = spec.rollout;
  const isControlPlane = hasRole(host, Role.ControlPlane);
  return remoteScript(
    `${name}-kubelet`,
    {
      host,
      ssh: spec.ssh,
      step: Step.Kubelet,
      script: {
        concern: "kubelet",
        variables: {
          NODE_NAME: host.name,
          KUBERNETES_VERSION: spec.versions.kubernetes,
          CONTAINERD_VERSION: spec.versions.containerd,
          RELEASED: releasedPackages(spec, host),
          HOLDS: holds(spec, host),
          ...drainInputs(spec),
          ...registrationInputs(spec, host),
          ...(isControlPlane && gateInputs(spec, host)),
        },
        files: [
          containerdConfig(spec),
          { name: "kubelet.yaml", content: kubeletDocument(spec) },
          ...kubeletPatch(host),
        ],
        parts: [
          PACKAGES,
          CONTAINERD,
          ...(isControlPlane ? [GATES, MANIFESTS] : []),
          ...REGISTRATION,
          DRAIN,
          PATCH,
          KUBELET,
        ],
        limitSeconds: LIMIT_SECONDS + drain.timeoutSeconds,
      },
    },
    opts,
  );
}
