/** The release of a node's kubelet and container runtime: version, settings, runtime configuration. */
import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";

import { kubeletDocument } from "../controlplane/kubeadm";
import { holds, releasedPackages } from "../host/apt";
import { containerdConfig } from "../host/containerd";
import { gateInputs, GATES } from "../host/gates";
import { remoteScript } from "../host/remote";
import { readScript } from "../host/script";
import { hasRole } from "../spec/topology";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";

const PACKAGES = readScript(`${__dirname}/../host`, "packages.sh");
const CONTAINERD = readScript(`${__dirname}/../host`, "containerd.sh");
const MANIFESTS = readScript(`${__dirname}/../controlplane`, "manifests.sh");
const DRAIN = readScript(__dirname, "drain.sh");
const KUBELET = readScript(__dirname, "kubelet.sh");

/** Beyond the drain's own limit: gates, installation, restart and the wait until the node is Ready. */
const LIMIT_SECONDS = 1500;

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
      script: {
        concern: "kubelet",
        variables: {
          NODE_NAME: host.name,
          ROLE: isControlPlane ? "control-plane" : "worker",
          KUBERNETES_VERSION: spec.versions.kubernetes,
          CONTAINERD_VERSION: spec.versions.containerd,
          RELEASED: releasedPackages(spec, host),
          HOLDS: holds(host),
          WAIT_READY: spec.network.plugin === "none" ? "no" : "yes",
          DRAIN_TIMEOUT: drain.timeoutSeconds,
          DRAIN_GRACE: drain.gracePeriodSeconds ?? "",
          DRAIN_BLOCKED: drain.onBlocked,
          DRAIN_EMPTY_DIR: drain.deleteEmptyDirData,
          ...(isControlPlane && gateInputs(spec, host)),
        },
        files: [containerdConfig(spec), { name: "kubelet.yaml", content: kubeletDocument(spec) }],
        parts: [PACKAGES, CONTAINERD, ...(isControlPlane ? [GATES, MANIFESTS] : []), DRAIN, KUBELET],
        limitSeconds: LIMIT_SECONDS + drain.timeoutSeconds,
      },
    },
    opts,
  );
}
