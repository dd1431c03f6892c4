/** Container images as the registry's manifests describe them: pure text from layers. */
import { textBlob } from "./layers";
import type { Blob, Layer } from "./layers";

/** How an image's process starts. */
export interface ImageConfig {
  entrypoint?: string[];
  command?: string[];
  /** `65535:65535`; root without it. */
  user?: string;
}

/** One image under the name that it is pulled by, the registry left out: `registry.k8s.io/pause`, `3.10.1`. */
export interface Image {
  repository: string;
  tag: string;
  layers: Layer[];
  config: ImageConfig;
}

/** The two documents of an image. */
export interface ImageDocuments {
  config: Blob & { text: string };
  manifest: Blob & { text: string };
}

/** Renders an image's configuration and manifest. */
export function imageDocuments(image: Image, arch: string): ImageDocuments {
  const configText = JSON.stringify({
    architecture: arch,
    os: "linux",
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ...(image.config.entrypoint && { Entrypoint: image.config.entrypoint }),
      ...(image.config.command && { Cmd: image.config.command }),
      ...(image.config.user && { User: image.config.user }),
      WorkingDir: "/",
    },
    rootfs: { type: "layers", diff_ids: image.layers.map((layer) => `sha256:${layer.diffId}`) },
  });
  const config = { ...textBlob(configText), text: configText };
  const manifestText = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: image.layers.map((layer) => descriptor(layer.mediaType, layer)),
  });
  return { config, manifest: { ...textBlob(manifestText), text: manifestText } };
}

export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

function descriptor(mediaType: string, blob: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: `sha256:${blob.digest}`, size: blob.size };
}
