/** The images that each role runs, so that they are on the host and pinned before anything needs them. Pure. */
import { coreDnsTag } from "../spec/versions";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";

/** Where flannel's two images come from; the CNI plugin has versions of its own. */
export function flannelImages(version: string): { daemon: string; plugin: string } {
  return {
    daemon: `ghcr.io/flannel-io/flannel:${version}`,
    plugin: "ghcr.io/flannel-io/flannel-cni-plugin:v1.8.0-flannel1",
  };
}

/** `registry.k8s.io/kube-apiserver:v1.35.4` → `v1.35.4`, also before a digest; empty where there is none. */
export function tagOf(image: string): string {
  return /:([^:/@]+)(@.*)?$/.exec(image)?.[1] ?? "";
}

/** Image references of one host, the ones that start-up waits for first. */
export function hostImages(spec: ClusterSpec, host: HostSpec): string[] {
  const repository = spec.kubeadm.imageRepository;
  const version = spec.versions.kubernetes;
  const controlPlane = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
  const flannel = flannelImages(spec.network.flannelVersion);
  return [
    `${repository}/pause:${spec.versions.pause}`,
    ...(host.roles.includes(Role.ControlPlane) ? controlPlane.map((name) => `${repository}/${name}:${version}`) : []),
    `${repository}/kube-proxy:${version}`,
    ...(spec.network.plugin === "flannel" ? [flannel.daemon, flannel.plugin] : []),
    coreDnsImage(spec),
  ];
}

/** CoreDNS as kubeadm of the wanted version names it, or with the operator's own tag. */
export function coreDnsImage(spec: ClusterSpec): string {
  const { imageRepository: repository, dnsImageTag } = spec.kubeadm;
  const name = repository === "registry.k8s.io" ? `${repository}/coredns/coredns` : `${repository}/coredns`;
  return `${name}:${dnsImageTag ?? coreDnsTag(spec.versions.kubernetesMinor)}`;
}
