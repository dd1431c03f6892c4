/** containerd's configuration and its registry mirrors. Pure. */
import { stringify } from "smol-toml";

import type { ClusterSpec } from "../spec/types";
import { merge, type Table } from "./merge";
import type { VisibleFile } from "./script";

const RUNTIME = "io.containerd.cri.v1.runtime";
const IMAGES = "io.containerd.cri.v1.images";

/**
 * config.toml of containerd 2.x (`version = 3`). The sandbox image is the pause tag that kubeadm uses, so that a site
 * without internet never pulls another one, and the cgroup driver is the kubelet's.
 */
export function containerdConfig(spec: ClusterSpec): VisibleFile {
  const systemdCgroup = spec.kubelet["cgroupDriver"] !== "cgroupfs";
  const plugins: Table = {
    [IMAGES]: {
      pinned_images: { sandbox: `${spec.kubeadm.imageRepository}/pause:${spec.versions.pause}` },
      registry: { config_path: "/etc/containerd/certs.d" },
    },
    [RUNTIME]: {
      containerd: {
        default_runtime_name: "runc",
        runtimes: { runc: { runtime_type: "io.containerd.runc.v2", options: { SystemdCgroup: systemdCgroup } } },
      },
      cni: { bin_dirs: ["/opt/cni/bin"], conf_dir: "/etc/cni/net.d" },
    },
  };
  const config = { version: 3, plugins: merge(plugins, spec.containerd.plugins) };
  return { name: "config.toml", content: `# Written by kubeadm-ha.\n${stringify(config)}` };
}

/** One hosts.toml for every upstream registry that has a mirror; its images come from nowhere else. */
export function registryFiles(registries: Record<string, string>): VisibleFile[] {
  const sorted = Object.entries(registries).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([upstream, base]) => {
    const url = new URL(base);
    const path = url.pathname.replace(/\/$/, "");
    const endpoint = path === "" ? url.origin : `${url.origin}/v2${path}`;
    const content = stringify({
      server: endpoint,
      host: { [endpoint]: { capabilities: ["pull", "resolve"], override_path: path !== "" } },
    });
    return {
      name: `registry--${upstream}`,
      content: `# Written by kubeadm-ha: ${upstream} comes from ${base}.\n${content}`,
    };
  });
}
