import { z } from "zod";
import { patterns } from "./patterns";
import { text, whole } from "./text";

const path = (example: string) => text(patterns.filePath, "a file path", example);

export const sshSchema = z
  .strictObject({
    user: text(patterns.userName, "a Linux user name", "ops")
      .default("root")
      .describe("User on every host. Another than root needs password-less sudo."),
    port: whole(1, 65535, 22).default(22).describe("Port of sshd on every host."),
    agent: z
      .boolean()
      .optional()
      .describe("Use the agent of SSH_AUTH_SOCK. Default: true when no private key is given.")
      .meta({ examples: [true] }),
    privateKey: z
      .string()
      .optional()
      .describe(
        "Private key, PEM or OpenSSH, as a secret: `pulumi config set --secret --path 'kubeadm-ha:ssh.privateKey' < key`.",
      )
      .meta({ writeOnly: true }),
    privateKeyFile: path("~/.ssh/id_ed25519")
      .optional()
      .describe("File with the private key instead; relative paths start at the project folder."),
    knownHosts: path("known_hosts")
      .optional()
      .describe("OpenSSH known_hosts file that holds the keys of hosts without `hostKey`."),
  })
  .prefault({})
  .describe("How hosts are reached. Host keys are always checked.");

const aptSource = z.strictObject({
  name: text(patterns.aptName, "a name of lower-case letters, digits and -", "kubernetes").describe(
    "File name part: `/etc/apt/sources.list.d/<name>.sources`.",
  ),
  url: text(patterns.url, "an http or https URL", "https://packages.example/apt").describe(
    "Base URL of the repository.",
  ),
  suite: text(patterns.aptSuite, "a suite name, `/` or `$codename`", "stable").describe(
    "Suite; `/` for a flat repository, `$codename` for the name of the host's own release.",
  ),
  components: z
    .array(text(patterns.aptComponent, "a component name", "main"))
    .default([])
    .describe("Components; none for a flat repository.")
    .meta({ examples: [["main"]] }),
  key: z
    .string()
    .optional()
    .describe("The repository's public key: armoured text, or an https URL that it is fetched from.")
    .meta({ examples: ["https://packages.example/key.asc"] }),
  keyFile: path("archive-key.asc").optional().describe("File with the armoured key instead."),
});

export const defaultEtcdUrl =
  "https://github.com/etcd-io/etcd/releases/download/v{version}/etcd-v{version}-linux-{arch}.tar.gz";

export const mirrorSchema = z
  .strictObject({
    apt: z
      .array(aptSource)
      .min(1)
      .optional()
      .describe(
        "apt repositories that hold kubeadm, kubelet, kubectl and containerd. Default: pkgs.k8s.io for the minor in use, and Docker's for Debian.",
      ),
    registries: z
      .record(
        text(patterns.registryHost, "a registry host", "registry.k8s.io"),
        text(patterns.url, "an http or https URL", "http://192.0.2.5:5000/registry.k8s.io"),
      )
      .default({})
      .describe("Upstream registry → URL that its images are pulled from instead.")
      .meta({ examples: [{ "registry.k8s.io": "http://192.0.2.5:5000/registry.k8s.io" }] }),
    etcdUrl: text(patterns.archiveUrl, "an http or https URL of plain characters, {version} and {arch}", defaultEtcdUrl)
      .default(defaultEtcdUrl)
      .describe("Release archive of etcd; `{version}` and `{arch}` (amd64, arm64) are filled in."),
    etcdSha256: z
      .record(
        text(patterns.shaName, "a name like 3.6.16-amd64", "3.6.16-amd64"),
        text(patterns.sha256, "64 lower-case hex digits", "9b5d…"),
      )
      .default({})
      .describe(
        "SHA-256 of the archive by version and architecture. Needed, here or in `etcdSha256File`, for the version in use.",
      )
      .meta({ examples: [{ "3.6.16-amd64": "<64 hex digits>" }] }),
    etcdSha256File: path("etcd-v3.6.16-SHA256SUMS")
      .optional()
      .describe("The release's own SHA256SUMS file, or a JSON file shaped like `etcdSha256`."),
  })
  .prefault({})
  .describe("Where packages, images and release archives come from: the upstream sites by default.");
