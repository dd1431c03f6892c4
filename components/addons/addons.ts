/** What runs on top: the pod network, CoreDNS in the right number, and the gate that the whole cluster is up. */
// By their own modules: the package's index loads every kind of every API, a second of each run.
import { DaemonSet } from "@pulumi/kubernetes/apps/v1/daemonSet";
import { DeploymentPatch } from "@pulumi/kubernetes/apps/v1/deploymentPatch";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget";
import { Provider } from "@pulumi/kubernetes/provider";
import { ClusterRole } from "@pulumi/kubernetes/rbac/v1/clusterRole";
import { ClusterRoleBinding } from "@pulumi/kubernetes/rbac/v1/clusterRoleBinding";
import * as pulumi from "@pulumi/pulumi";

import type { ControlPlane } from "../controlplane/controlplane";
import { Step } from "../host/commands";
import type { Hosts } from "../host/hosts";
import { clusterScript } from "../host/remote";
import { readScript, type Script } from "../host/script";
import type { Pki } from "../pki/pki";
import { controlPlanes, leadingControlPlanes, nodes, nodeTaints, taintText } from "../spec/topology";
import { HostState, type ClusterSpec } from "../spec/types";
import type { Workers } from "../worker/workers";
import { flannelObjects } from "./flannel";
import { owned } from "./owned";

const LABELS = readScript(__dirname, "labels.sh");
const READY = readScript(__dirname, "ready.sh");

export interface AddonsArgs {
  spec: ClusterSpec;
  hosts: Hosts;
  pki: Pki;
  controlPlane: ControlPlane;
  workers: Workers;
}

export class Addons extends pulumi.ComponentResource {
  /** Nothing of the cluster is behind the configuration any more. */
  public readonly upToDate: pulumi.Resource[];

  constructor(name: string, args: AddonsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:addons:Addons", name, {}, opts);
    const { spec, hosts, pki, controlPlane, workers } = args;
    const joined = new Map([...controlPlane.nodes, ...workers.nodes]);
    const provider = new Provider(
      `${name}-api`,
      {
        kubeconfig: pki.adminKubeconfig,
        enableServerSideApply: true,
        // An object that a run made before it was cut off is taken over by the next one.
        upsertExistingObjects: true,
        // Otherwise another line in a ConfigMap would be a replacement.
        enableConfigMapMutable: true,
      },
      // The provider decides when it starts whether the API can be reached, so it starts after the API does.
      { parent: this, dependsOn: controlPlane.bootstrapped },
    );
    // Objects live and die with the cluster, so removing the cluster need not ask its API for each of them.
    const inCluster = { parent: this, provider, deletedWith: controlPlane.bootstrapped };
    const network =
      spec.network.plugin === "flannel"
        ? podNetwork(name, spec, { ...inCluster, dependsOn: controlPlane.bootstrapped }, hosts.staged)
        : [];
    const released = [controlPlane.released, workers.released];
    this.upToDate = released;
    if (network.length > 0) {
      coreDns(name, spec, { ...inCluster, dependsOn: [...joined.values(), ...network] });
      this.upToDate = [clusterReady(name, spec, { parent: this, dependsOn: [...released, ...network] })];
    }
    nodeLabels(name, spec, { parent: this, dependsOn: [...joined.values(), ...released] });
    this.registerOutputs({});
  }
}

/** `staged`: every node has the images, so that a pod that restarts with a new one waits for none. */
function podNetwork(
  name: string,
  spec: ClusterSpec,
  opts: pulumi.CustomResourceOptions,
  staged: pulumi.Resource[],
): pulumi.Resource[] {
  const objects = flannelObjects(spec);
  const namespace = new Namespace(`${name}-flannel`, objects.namespace, opts);
  const inside = { ...opts, dependsOn: namespace };
  const account = new ServiceAccount(`${name}-flannel`, objects.serviceAccount, inside);
  const role = new ClusterRole(`${name}-flannel`, objects.clusterRole, opts);
  const binding = new ClusterRoleBinding(`${name}-flannel`, objects.clusterRoleBinding, opts);
  const config = new ConfigMap(`${name}-flannel`, objects.configMap, inside);
  const daemon = new DaemonSet(`${name}-flannel`, objects.daemonSet, {
    ...opts,
    dependsOn: [account, role, binding, config, ...staged],
  });
  return [daemon];
}

/**
 * One replica a control plane; kubeadm makes two and leaves the number alone after that. The budget keeps a drain waiting
 * until the replica that the last one moved is ready.
 */
function coreDns(name: string, spec: ClusterSpec, opts: pulumi.CustomResourceOptions): void {
  new DeploymentPatch(
    `${name}-coredns`,
    {
      metadata: { name: "coredns", namespace: "kube-system", annotations: owned },
      spec: { replicas: controlPlanes(spec).length },
    },
    opts,
  );
  if (controlPlanes(spec).length === 1) return;
  new PodDisruptionBudget(
    `${name}-coredns`,
    {
      metadata: { name: "coredns", namespace: "kube-system", annotations: owned },
      spec: { maxUnavailable: 1, selector: { matchLabels: { "k8s-app": "kube-dns" } } },
    },
    opts,
  );
}

/** Labels and taints: kubeadm's own taint of control planes among them, for it may come and go as well. */
function nodeLabels(name: string, spec: ClusterSpec, opts: pulumi.CustomResourceOptions): void {
  const all = nodes(spec);
  const variables = {
    LABELS: all.flatMap((host) =>
      Object.entries(host.labels)
        .map(([key, value]) => `${host.name} ${key}=${value}`)
        .sort(),
    ),
    TAINTS: all.flatMap((host) =>
      nodeTaints(host)
        .map((taint) => `${host.name} ${taintText(taint)}`)
        .sort(),
    ),
    SCHEDULABLE: all.filter(({ schedulable }) => schedulable).map((host) => host.name),
  };
  onCluster(name, spec, Step.Labels, { variables, part: LABELS }, opts);
}

function clusterReady(name: string, spec: ClusterSpec, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  const inService = nodes(spec).filter(({ state }) => state === HostState.Active);
  const variables = { NODES: inService.map((node) => node.name), KUBERNETES_VERSION: spec.versions.kubernetes };
  return onCluster(name, spec, Step.Ready, { variables, part: READY }, opts);
}

interface ClusterScript {
  variables: Script["variables"];
  part: string;
}

/** `<name>-<step>`: a script that asks the API, on a control plane. */
function onCluster(
  name: string,
  spec: ClusterSpec,
  step: Step,
  { variables, part }: ClusterScript,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const script = { concern: `cluster-${step}`, variables, files: [], parts: [part], limitSeconds: 300 };
  const args = { hosts: leadingControlPlanes(spec), ssh: spec.ssh, step, scriptOn: () => script };
  return clusterScript(`${name}-${step}`, args, opts);
}
