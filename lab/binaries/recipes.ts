/** Every executable of the lab that can be built from Go modules, and the versions that are known to build. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Recipe } from "./recipe";

/** Versions of what the stack's configuration does not name. */
export const pinned = {
  /** agnhost is built from this Kubernetes version, whatever the cluster runs. */
  agnhostSource: "v1.35.4",
  /** The image's own version in that source. */
  agnhost: "2.59",
  coredns: "v1.14.7",
  flannel: "v0.28.4",
  /** Tag of the image that carries the CNI plugin; its source is the last release that had it. */
  cniFlannelImage: "v1.8.0-flannel1",
  cniFlannelSource: "v0.9.1",
  pulumi: "v3.259.0",
} as const;

const plain = "-s -w";

/** The seven programs of a Kubernetes release. */
export const kubernetesPrograms = [
  "kubeadm",
  "kubelet",
  "kubectl",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
] as const;

/** kubeadm, kubelet, kubectl, kube-apiserver, kube-controller-manager, kube-scheduler and kube-proxy of one version. */
export function kubernetes(version: string): Recipe {
  return {
    ...inKubernetes(version),
    name: "kubernetes",
    targets: [
      {
        packages: kubernetesPrograms.map((name) => `k8s.io/kubernetes/cmd/${name}`),
        ldflags: kubernetesLdflags(version),
      },
    ],
    proofs: [
      { command: ["kubeadm", "version", "--output=short"], expect: version },
      { command: ["kubelet", "--version"], expect: `Kubernetes ${version}` },
      { command: ["kubectl", "version", "--client"], expect: version },
      { command: ["kube-apiserver", "--version"], expect: `Kubernetes ${version}` },
    ],
    diskGb: 8,
  };
}

/** The Kubernetes project's image for test workloads. */
export function agnhost(version: string = pinned.agnhostSource): Recipe {
  return {
    ...inKubernetes(version),
    name: "agnhost",
    targets: [
      {
        packages: ["k8s.io/kubernetes/test/images/agnhost"],
        ldflags: `${kubernetesLdflags(version)} -X main.Version=${pinned.agnhost}`,
      },
    ],
    proofs: [{ command: ["agnhost", "--version"], expect: pinned.agnhost }],
    diskGb: 4,
  };
}

/** etcd, etcdctl and etcdutl. */
export function etcd(version: string): Recipe {
  const tag = withV(version);
  return {
    ...base("etcd", tag),
    require: {
      "go.etcd.io/etcd/server/v3": tag,
      "go.etcd.io/etcd/etcdctl/v3": tag,
      "go.etcd.io/etcd/etcdutl/v3": tag,
    },
    targets: [
      {
        packages: ["go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/etcdctl/v3", "go.etcd.io/etcd/etcdutl/v3"],
        ldflags: plain,
      },
    ],
    rename: { server: "etcd" },
    proofs: [
      { command: ["etcd", "--version"], expect: `etcd Version: ${tag.slice(1)}` },
      { command: ["etcdctl", "version"], expect: `etcdctl version: ${tag.slice(1)}` },
      { command: ["etcdutl", "version"], expect: `etcdutl version: ${tag.slice(1)}` },
    ],
  };
}

/** containerd, its shim and ctr. */
export function containerd(version: string): Recipe {
  const tag = withV(version);
  const module = "github.com/containerd/containerd/v2";
  return {
    ...base("containerd", tag),
    require: { [module]: tag },
    targets: [
      {
        packages: ["containerd", "containerd-shim-runc-v2", "ctr"].map((name) => `${module}/cmd/${name}`),
        ldflags: `${plain} -X ${module}/version.Version=${tag}`,
      },
    ],
    proofs: [
      { command: ["containerd", "--version"], expect: tag },
      { command: ["ctr", "--version"], expect: tag },
    ],
  };
}

export function coredns(version: string = pinned.coredns): Recipe {
  const module = "github.com/coredns/coredns";
  return {
    ...base("coredns", version),
    require: { [module]: version },
    targets: [{ packages: [module], ldflags: plain }],
    proofs: [{ command: ["coredns", "-version"], expect: `CoreDNS-${version.slice(1)}` }],
  };
}

/** flanneld: a main of our own over flannel's packages, see flanneld/main.go for why. */
export function flannel(version: string = pinned.flannel): Recipe {
  const module = "github.com/flannel-io/flannel";
  return {
    ...base("flannel", version),
    require: { [module]: version },
    targets: [{ packages: ["lab/flannel/flanneld"], ldflags: `${plain} -X ${module}/pkg/version.Version=${version}` }],
    sources: { "flanneld/main.go": source("flanneld/main.go") },
    proofs: [{ command: ["flanneld", "--version"], expect: version }],
  };
}

/** The CNI plugin that reads flannel's subnet.env and calls the bridge plugin. */
export function cniFlannel(version: string = pinned.cniFlannelSource): Recipe {
  const module = "github.com/containernetworking/plugins";
  return {
    ...base("cni-flannel", version),
    require: { [module]: version },
    targets: [{ packages: [`${module}/plugins/meta/flannel`], ldflags: plain }],
  };
}

/** The container that holds a pod's namespaces. */
export function pause(version: string): Recipe {
  return {
    ...base("pause", withV(version)),
    targets: [{ packages: ["lab/pause/pause"], ldflags: `${plain} -X main.version=${version}` }],
    sources: { "pause/main.go": source("pause/main.go") },
    proofs: [{ command: ["pause", "-v"], expect: version }],
    diskGb: 1,
  };
}

/** The Pulumi CLI, engine included. */
export function pulumi(version: string = pinned.pulumi): Recipe {
  return {
    ...base("pulumi", version),
    require: {
      "github.com/pulumi/pulumi/pkg/v3": version,
      // What the replaced gocloud.dev needs: a replacement's own requirements do not reach across a pruned module graph.
      "cloud.google.com/go/storage": "v1.67.0",
    },
    // The first two versions that its go.mod names are in no module proxy.
    replace: {
      "gocloud.dev": "gocloud.dev v0.47.0",
      "github.com/atotto/clipboard": "github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e",
    },
    targets: [
      {
        packages: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
        ldflags: `${plain} -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`,
      },
    ],
    proofs: [{ command: ["pulumi", "version"], expect: version }],
    diskGb: 4,
  };
}

function base(name: string, version: string): Recipe {
  return {
    name,
    version,
    go: "1.25.0",
    require: {},
    replace: {},
    targets: [],
    sources: {},
    rename: {},
    proofs: [],
    diskGb: 3,
  };
}

function inKubernetes(version: string): Recipe {
  return {
    ...base("kubernetes", version),
    require: { "k8s.io/kubernetes": version },
    replacesOf: { module: "k8s.io/kubernetes", version: version.replace(/^v1\./, "v0.") },
  };
}

/** Without these variables kubeadm refuses its own version. */
function kubernetesLdflags(version: string): string {
  const [major, minor] = version.slice(1).split(".");
  const values = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: "clean",
    gitCommit: "0".repeat(40),
    buildDate: "1970-01-01T00:00:00Z",
  };
  const packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
  const flags = packages.flatMap((path) =>
    Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`),
  );
  return [plain, ...flags].join(" ");
}

function withV(version: string): string {
  return version.startsWith("v") ? version : `v${version}`;
}

function source(path: string): string {
  return readFileSync(join(__dirname, path), "utf8");
}
