/** The images that a cluster of the lab pulls, made from the executables and from Debian's packet filter tools. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pinned } from "../binaries/recipes";
import { architecture } from "../debian";
import type { Image, ImageConfig } from "./images";
import { packLayer } from "./layers";
import type { Layer } from "./layers";
import { addImage } from "./registry";
import { baseTree, packetFilterTree, programTree } from "./trees";
import { pauseTag } from "./wanted";

/** Folders with executables. */
export interface ImageSources {
  /** Kubernetes version → folder. */
  kubernetes: Record<string, string>;
  /** flannel version → folder. */
  flannel: Record<string, string>;
  /** pause tag → folder. */
  pause: Record<string, string>;
  agnhost: string;
  coredns: string;
  cniFlannel: string;
  /** The file of Debian's busybox-static. */
  busybox: string;
  /** Unpacked packages and root file systems that hold nft, iptables, conntrack and their libraries. */
  roots: string[];
}

/** One image before its layers are packed: one program over some of the shared layers. */
export interface ImagePlan {
  repository: string;
  tag: string;
  /** The program's path in the image. */
  path: string;
  from: string;
  /** Layers below the program's. */
  over: Under;
  config: ImageConfig;
}

/** What an image's program stands on. */
export enum Under {
  Nothing = "nothing",
  Base = "base",
  PacketFilter = "packet-filter",
}

/** Every image of a mirror. */
export function planImages(sources: ImageSources): ImagePlan[] {
  const plans: ImagePlan[] = [];
  for (const [version, folder] of Object.entries(sources.kubernetes)) {
    for (const name of ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"]) {
      plans.push({
        repository: `registry.k8s.io/${name}`,
        tag: version,
        path: `/usr/local/bin/${name}`,
        from: join(folder, name),
        over: name === "kube-proxy" ? Under.PacketFilter : Under.Base,
        config: { entrypoint: [`/usr/local/bin/${name}`] },
      });
    }
  }
  for (const tag of new Set(Object.keys(sources.kubernetes).map(pauseTag))) {
    plans.push({
      repository: "registry.k8s.io/pause",
      tag,
      path: "/pause",
      from: join(sources.pause[tag]!, "pause"),
      over: Under.Nothing,
      config: { entrypoint: ["/pause"], user: "65535:65535" },
    });
  }
  for (const [version, folder] of Object.entries(sources.flannel)) {
    plans.push({
      repository: "ghcr.io/flannel-io/flannel",
      tag: version,
      path: "/opt/bin/flanneld",
      from: join(folder, "flanneld"),
      over: Under.PacketFilter,
      config: { entrypoint: ["/opt/bin/flanneld"] },
    });
  }
  plans.push(
    {
      repository: "registry.k8s.io/coredns/coredns",
      tag: pinned.coredns,
      path: "/coredns",
      from: join(sources.coredns, "coredns"),
      over: Under.Base,
      config: { entrypoint: ["/coredns"] },
    },
    {
      repository: "ghcr.io/flannel-io/flannel-cni-plugin",
      tag: pinned.cniFlannelImage,
      path: "/flannel",
      from: join(sources.cniFlannel, "flannel"),
      over: Under.Base,
      config: {},
    },
    // The second tag is the one that workloads written for other releases name.
    ...[pinned.agnhost, "2.57"].map((tag) => ({
      repository: "registry.k8s.io/e2e-test-images/agnhost",
      tag,
      path: "/agnhost",
      from: join(sources.agnhost, "agnhost"),
      over: Under.Base,
      config: { entrypoint: ["/agnhost"], command: ["pause"] },
    })),
  );
  return plans;
}

/** Packs every image into a registry's storage; returns `repository:tag` → manifest digest. */
export async function fillRegistry(sources: ImageSources, storage: string): Promise<Record<string, string>> {
  const blobs = join(storage, "..", "blobs");
  const work = await mkdtemp(join(tmpdir(), "kha-images-"));
  try {
    await mkdir(blobs, { recursive: true });
    const pack = async (fill: (tree: string) => Promise<void>): Promise<Layer> => {
      const tree = join(work, "tree");
      await mkdir(tree, { mode: 0o755 });
      await fill(tree);
      const layer = await packLayer(tree, blobs);
      await rm(tree, { recursive: true });
      return layer;
    };
    const base = await pack((tree) => baseTree(tree, sources.busybox));
    const packetFilter = await pack((tree) => packetFilterTree(tree, sources.roots));
    const under = {
      [Under.Nothing]: [],
      [Under.Base]: [base],
      [Under.PacketFilter]: [base, packetFilter],
    };
    const digests: Record<string, string> = {};
    for (const { repository, tag, path, from, over, config } of planImages(sources)) {
      const program = await pack((tree) => programTree(tree, path, from));
      const image: Image = { repository, tag, layers: [...under[over], program], config };
      digests[`${repository}:${tag}`] = await addImage(storage, image, blobs, architecture());
    }
    return digests;
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(blobs, { recursive: true, force: true });
  }
}
