/** Every key and certificate of the cluster. kubeadm finds all of them in place and makes none. */
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

import type { SecretFile } from "../host/remote";
import { apiEndpoint } from "../spec/topology";
import type { ClusterSpec, HostSpec } from "../spec/types";
import { Authority, type KeyPair } from "./certificates";
import { kubeconfig } from "./kubeconfig";
import { apiServerNames, etcdMemberNames } from "./names";
import { ETCD_PKI, JOIN_KUBECONFIG, KUBERNETES_PKI } from "./paths";

export interface PkiArgs {
  spec: ClusterSpec;
}

export class Pki extends pulumi.ComponentResource {
  /** The Kubernetes CA's certificate, PEM. */
  public readonly clusterCa: pulumi.Output<string>;
  /** For the operator: group kubeadm:cluster-admins, revocable by RBAC, through the virtual IP. */
  public readonly adminKubeconfig: pulumi.Output<string>;

  private readonly spec: ClusterSpec;
  private readonly kubernetes: Authority;
  private readonly etcd: Authority;
  private readonly frontProxy: Authority;
  private readonly serviceAccount: tls.PrivateKey;
  private readonly admin: KeyPair;

  constructor(name: string, args: PkiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-ha:pki:Pki", name, {}, opts);
    const lives = args.spec.certificates;
    this.spec = args.spec;
    this.kubernetes = new Authority(`${name}-kubernetes`, { commonName: "kubernetes", lives }, { parent: this });
    this.etcd = new Authority(`${name}-etcd`, { commonName: "etcd-ca", lives }, { parent: this });
    this.frontProxy = new Authority(`${name}-front-proxy`, { commonName: "front-proxy-ca", lives }, { parent: this });
    this.serviceAccount = new tls.PrivateKey(
      `${name}-service-account`,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { parent: this },
    );
    this.admin = this.kubernetes.issue("admin", {
      commonName: "kubernetes-admin",
      organization: "kubeadm:cluster-admins",
      client: true,
    });
    this.clusterCa = this.kubernetes.pair.certificate;
    this.adminKubeconfig = this.kubeconfig("kubernetes-admin", this.admin, this.endpoint);
    this.registerOutputs({});
  }

  /** What etcd on this host needs, owned by etcd's own user. */
  etcdMemberFiles(host: HostSpec): SecretFile[] {
    const names = etcdMemberNames(host);
    const server = this.etcd.issue(`${host.name}-server`, {
      commonName: host.name,
      ...names,
      server: true,
      client: true,
    });
    const peer = this.etcd.issue(`${host.name}-peer`, { commonName: host.name, ...names, server: true, client: true });
    const owner = "etcd:etcd";
    return [
      certificateFile(`${ETCD_PKI}/ca.crt`, this.etcd.pair, owner),
      ...pairFiles(`${ETCD_PKI}/server`, server, owner),
      ...pairFiles(`${ETCD_PKI}/peer`, peer, owner),
    ];
  }

  /** What kubeadm expects on a control plane: CAs, service-account key, leaves and the components' kubeconfigs. */
  controlPlaneFiles(host: HostSpec): SecretFile[] {
    const issue = this.kubernetes.issue.bind(this.kubernetes);
    const names = apiServerNames(this.spec, host);
    const apiServer = issue(`${host.name}-apiserver`, { commonName: "kube-apiserver", ...names, server: true });
    const kubeletClient = issue(`${host.name}-apiserver-kubelet-client`, {
      commonName: "kube-apiserver-kubelet-client",
      organization: "kubeadm:cluster-admins",
      client: true,
    });
    const frontProxy = this.frontProxy.issue(`${host.name}-client`, { commonName: "front-proxy-client", client: true });
    const etcdClient = this.etcd.issue(`${host.name}-apiserver-client`, {
      commonName: "kube-apiserver-etcd-client",
      client: true,
    });
    return [
      ...pairFiles(`${KUBERNETES_PKI}/ca`, this.kubernetes.pair),
      ...pairFiles(`${KUBERNETES_PKI}/front-proxy-ca`, this.frontProxy.pair),
      // Its key, as kubeadm keeps it: what rebuilds a lost state is on every control plane.
      ...pairFiles(`${KUBERNETES_PKI}/etcd/ca`, this.etcd.pair),
      {
        path: `${KUBERNETES_PKI}/sa.key`,
        mode: "0600",
        owner: "root:root",
        content: this.serviceAccount.privateKeyPem,
      },
      { path: `${KUBERNETES_PKI}/sa.pub`, mode: "0644", owner: "root:root", content: this.serviceAccount.publicKeyPem },
      ...pairFiles(`${KUBERNETES_PKI}/apiserver`, apiServer),
      ...pairFiles(`${KUBERNETES_PKI}/apiserver-kubelet-client`, kubeletClient),
      ...pairFiles(`${KUBERNETES_PKI}/front-proxy-client`, frontProxy),
      ...pairFiles(`${KUBERNETES_PKI}/apiserver-etcd-client`, etcdClient),
      this.kubeconfigFile("admin", this.adminKubeconfig),
      ...this.componentKubeconfig(host, "controller-manager"),
      ...this.componentKubeconfig(host, "scheduler"),
    ];
  }

  /** The node's own client certificate, good for this node's rights only. */
  joinFiles(host: HostSpec): SecretFile[] {
    const user = `system:node:${host.name}`;
    const pair = this.kubernetes.issue(`${host.name}-node`, {
      commonName: user,
      organization: "system:nodes",
      client: true,
    });
    const content = this.kubeconfig(user, pair, this.endpoint);
    return [{ path: JOIN_KUBECONFIG, mode: "0600", owner: "root:root", content }];
  }

  /**
   * Controller manager and scheduler talk to the API server of their own host: during an upgrade they may be newer
   * than another host's API server, which the version skew policy forbids them to use.
   */
  private componentKubeconfig(host: HostSpec, component: string): SecretFile[] {
    const user = `system:kube-${component}`;
    const pair = this.kubernetes.issue(`${host.name}-${component}`, { commonName: user, client: true });
    const local = `https://${host.ip}:${this.spec.api.bindPort}`;
    return [this.kubeconfigFile(component, this.kubeconfig(user, pair, local))];
  }

  private kubeconfigFile(name: string, content: pulumi.Output<string>): SecretFile {
    return { path: `/etc/kubernetes/${name}.conf`, mode: "0600", owner: "root:root", content };
  }

  private kubeconfig(user: string, pair: KeyPair, server: string): pulumi.Output<string> {
    const clusterName = this.spec.name;
    return pulumi.secret(
      pulumi
        .all([this.clusterCa, pair.certificate, pair.key])
        .apply(([ca, certificate, key]) => kubeconfig({ clusterName, server, user, ca, certificate, key })),
    );
  }

  private get endpoint(): string {
    return apiEndpoint(this.spec).url;
  }
}

function pairFiles(path: string, pair: KeyPair, owner = "root:root"): SecretFile[] {
  return [{ path: `${path}.key`, mode: "0600", owner, content: pair.key }, certificateFile(`${path}.crt`, pair, owner)];
}

function certificateFile(path: string, pair: KeyPair, owner = "root:root"): SecretFile {
  return { path, mode: "0644", owner, content: pair.certificate };
}
