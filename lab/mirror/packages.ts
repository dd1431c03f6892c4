/** The packages of the mirror that are not Debian's, in the shape their projects publish them: plain data and text. */
import { join } from "node:path";
import { LabError } from "../error";

/** One file of a package. */
export interface PackageFile {
  /** Path on the host. */
  path: string;
  /** File that it is copied from, or its text. */
  from?: string;
  text?: string;
  mode: number;
  /** Kept by dpkg when the administrator changed it. */
  conffile?: boolean;
}

/** One .deb. */
export interface PackageSpec {
  name: string;
  /** With the revision: `1.35.4-1.1`. */
  version: string;
  summary: string;
  section: string;
  homepage: string;
  /** Further control fields, as Depends. */
  fields: Record<string, string>;
  files: PackageFile[];
  /** Maintainer scripts: `postinst` → file that it is copied from. */
  scripts: Record<string, string>;
}

/** Version of pkgs.k8s.io's kubernetes-cni that goes with the supported Kubernetes versions. */
export const CNI_VERSION = "1.7.1-1.1";

const files = join(__dirname, "files");
const kubernetesHome = "https://kubernetes.io";

/** kubeadm, kubelet and kubectl of one version. */
export function kubernetesPackages(version: string, from: string): PackageSpec[] {
  const numbers = versionNumbers(version);
  const common = { version: `${numbers}-1.1`, homepage: kubernetesHome };
  return [
    {
      ...common,
      name: "kubeadm",
      summary: "Command-line utility for administering a Kubernetes cluster",
      section: "admin",
      // Upstream's depends on cri-tools as well, which is in no module proxy; kubeadm itself speaks to containerd without it.
      fields: {},
      files: [
        program("kubeadm", from),
        {
          path: "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
          from: join(files, "10-kubeadm.conf"),
          mode: 0o644,
        },
      ],
      scripts: {},
    },
    {
      ...common,
      name: "kubelet",
      summary: "Node agent for Kubernetes clusters",
      section: "net",
      fields: { Depends: "kubernetes-cni (>= 1.2.0), mount, util-linux", Recommends: "iptables (>= 1.8.4)" },
      files: [
        program("kubelet", from),
        { path: "/usr/lib/systemd/system/kubelet.service", from: join(files, "kubelet.service"), mode: 0o644 },
        { path: "/etc/default/kubelet", text: "KUBELET_EXTRA_ARGS=\n", mode: 0o644, conffile: true },
        { path: "/etc/kubernetes/manifests/.kubelet-keep", text: "", mode: 0o644 },
        { path: "/var/lib/kubelet/.kubelet-keep", text: "", mode: 0o644 },
      ],
      scripts: { postinst: join(files, "kubelet-postinst.sh"), prerm: join(files, "kubelet-prerm.sh") },
    },
    {
      ...common,
      name: "kubectl",
      summary: "Command-line utility for interacting with a Kubernetes cluster",
      section: "admin",
      fields: {},
      files: [program("kubectl", from)],
      scripts: {},
    },
  ];
}

/** The CNI project's plugins. Flannel's own is not among them: an init container of flannel brings it. */
export function cniPackage(plugins: Record<string, string>): PackageSpec {
  return {
    name: "kubernetes-cni",
    version: CNI_VERSION,
    summary: "Binaries required to provision kubernetes container networking",
    section: "net",
    homepage: kubernetesHome,
    fields: {},
    files: Object.entries(plugins)
      .filter(([name]) => name !== "flannel")
      .map(([name, from]) => ({ path: `/opt/cni/bin/${name}`, from, mode: 0o755 })),
    scripts: {},
  };
}

/** containerd as Docker packages it: runc inside, and a configuration without the CRI plugin. */
export function containerdPackage(version: string, from: string, runc: string, release: DebianRelease): PackageSpec {
  return {
    name: "containerd.io",
    version: `${versionNumbers(version)}-1~debian.${release.number}~${release.codename}`,
    summary: "An open and reliable container runtime",
    section: "admin",
    homepage: "https://containerd.io",
    fields: {
      Depends: "libc6, libseccomp2 (>= 2.4.1)",
      Provides: "containerd, runc",
      Conflicts: "containerd, runc",
      Replaces: "containerd, runc",
    },
    files: [
      ...["containerd", "containerd-shim-runc-v2", "ctr"].map((name) => program(name, from)),
      { path: "/usr/bin/runc", from: runc, mode: 0o755 },
      { path: "/usr/lib/systemd/system/containerd.service", from: join(files, "containerd.service"), mode: 0o644 },
      { path: "/etc/containerd/config.toml", from: join(files, "containerd.toml"), mode: 0o644, conffile: true },
    ],
    scripts: { postinst: join(files, "containerd-postinst.sh"), prerm: join(files, "containerd-prerm.sh") },
  };
}

/** The Debian release of the hosts. */
export interface DebianRelease {
  /** `trixie` */
  codename: string;
  /** `13` */
  number: string;
}

/** The control file of a package. */
export function controlText(spec: PackageSpec, arch: string, installedKb: number): string {
  const fields: [string, string][] = [
    ["Package", spec.name],
    ["Version", spec.version],
    ["Architecture", arch],
    ["Maintainer", "kubeadm-ha lab <lab@localhost>"],
    ["Installed-Size", String(installedKb)],
    ...Object.entries(spec.fields),
    ["Section", spec.section],
    ["Priority", "optional"],
    ["Homepage", spec.homepage],
    ["Description", spec.summary],
  ];
  return fields.map(([name, value]) => `${name}: ${value}\n`).join("");
}

function program(name: string, from: string): PackageFile {
  return { path: `/usr/bin/${name}`, from: join(from, name), mode: 0o755 };
}

/** `v1.35.4` → `1.35.4`. */
export function versionNumbers(version: string): string {
  const numbers = /^v?(\d+\.\d+\.\d+)$/.exec(version)?.[1];
  if (!numbers) throw new LabError(`${JSON.stringify(version)} is no version.`, "Use three numbers, such as v1.35.4.");
  return numbers;
}
