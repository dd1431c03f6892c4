/** What runs on top: the pod network, CoreDNS in the right number, and the gate that the whole cluster is up. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { ControlPlane } from "../controlplane/controlplane";
import { remoteScript } from "../host/remote";
import { readScript } from "../host/script";
import type { Pki } from "../pki/pki";
import { controlPlanes, nodes } from "../spec/topology";
import type { ClusterSpec, HostSpec } from "../spec/types";
import type { Workers } from "../worker/workers";
import { flannelObjects } from "./flannel";

const READY = readScript(__dirname, "ready.sh");

export interface AddonsArgs {
  spec: ClusterSpec;
  pki: Pki;
  controlPlane: ControlPlane;
  workers: Workers;
}

export class Addons extends pulumi.ComponentResource {
  constructor(name: string, args: AddonsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:addons:Addons", name, {}, opts);
    const { spec, pki, controlPlane, workers } = args;
    const joined = new Map([...controlPlane.nodes, ...workers.nodes]);
    const provider = new k8s.Provider(
      `${name}-api`,
      { kubeconfig: pki.adminKubeconfig, enableServerSideApply: true },
      // The provider decides when it starts whether the API can be reached, so it starts after the API does.
      { parent: this, dependsOn: controlPlane.bootstrapped },
    );
    // Objects live and die with the cluster, so removing the cluster need not ask its API for each of them.
    const inCluster = { parent: this, provider, deletedWith: controlPlane.bootstrapped };
    const network =
      spec.network.plugin === "flannel"
        ? podNetwork(name, spec, { ...inCluster, dependsOn: controlPlane.bootstrapped })
        : [];
    if (network.length > 0) {
      coreDns(name, spec, { ...inCluster, dependsOn: [...joined.values(), ...network] });
      clusterReady(name, spec, { parent: this, dependsOn: [...joined.values(), ...network] });
    }
    for (const host of nodes(spec)) {
      const node = joined.get(host.name);
      if (node && Object.keys(host.labels).length > 0) nodeLabels(name, host, { ...inCluster, dependsOn: node });
    }
    this.registerOutputs({});
  }
}

function podNetwork(name: string, spec: ClusterSpec, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  const objects = flannelObjects(spec);
  const namespace = new k8s.core.v1.Namespace(`${name}-flannel`, objects.namespace, opts);
  const inside = { ...opts, dependsOn: namespace };
  const account = new k8s.core.v1.ServiceAccount(`${name}-flannel`, objects.serviceAccount, inside);
  const role = new k8s.rbac.v1.ClusterRole(`${name}-flannel`, objects.clusterRole, opts);
  const binding = new k8s.rbac.v1.ClusterRoleBinding(`${name}-flannel`, objects.clusterRoleBinding, opts);
  const config = new k8s.core.v1.ConfigMap(`${name}-flannel`, objects.configMap, inside);
  const daemon = new k8s.apps.v1.DaemonSet(`${name}-flannel`, objects.daemonSet, {
    ...opts,
    dependsOn: [account, role, binding, config],
  });
  return [daemon];
}

/** One replica a control plane; kubeadm makes two and leaves the number alone after that. */
function coreDns(name: string, spec: ClusterSpec, opts: pulumi.CustomResourceOptions): void {
  new k8s.apps.v1.DeploymentPatch(
    `${name}-coredns`,
    {
      metadata: { name: "coredns", namespace: "kube-system", annotations: { "pulumi.com/patchForce": "true" } },
      spec: { replicas: controlPlanes(spec).length },
    },
    opts,
  );
}

function nodeLabels(name: string, host: HostSpec, opts: pulumi.CustomResourceOptions): void {
  new k8s.core.v1.NodePatch(
    `${name}-${host.name}-labels`,
    { metadata: { name: host.name, labels: host.labels, annotations: { "pulumi.com/patchForce": "true" } } },
    opts,
  );
}

function clusterReady(name: string, spec: ClusterSpec, opts: pulumi.CustomResourceOptions): void {
  const [host] = controlPlanes(spec);
  if (!host) throw new Error("a cluster needs a control plane");
  remoteScript(
    `${name}-ready`,
    {
      host,
      ssh: spec.ssh,
      script: {
        concern: "cluster-ready",
        variables: { NODES: nodes(spec).map((node) => node.name), KUBERNETES_VERSION: spec.versions.kubernetes },
        files: [],
        parts: [READY],
        limitSeconds: 300,
      },
    },
    opts,
  );
}
