/** Writes what test/bench/floor.sh needs, taken from the state of a cluster that the program has built. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { ensureBinaries } from "../../lab/binaries/build";
import { kubernetes } from "../../lab/binaries/recipes";
import { labConfig } from "../../lab/config";
import type { Lab } from "../lab/lab";

interface Resource {
  urn: string;
  type: string;
  inputs: Record<string, unknown>;
}

/** What kubeadm takes as one file when it makes a cluster, in its order. */
const INIT = ["init.yaml", "cluster.yaml", "kubelet.yaml", "kube-proxy.yaml"];

/** Where the files that a command shows go on a host. */
const PLACES: Record<string, string> = {
  modules: "/etc/modules-load.d/kubeadm-ha.conf",
  sysctl: "/etc/sysctl.d/90-kubeadm-ha.conf",
  "config.toml": "/etc/containerd/config.toml",
  "haproxy.cfg": "/etc/haproxy/haproxy.cfg",
  "keepalived.conf": "/etc/keepalived/keepalived.conf",
  "etcd.yaml": "/etc/etcd/etcd.yaml",
  "etcd.service": "/etc/systemd/system/etcd.service",
  "join.yaml": "/root/join.yaml",
};

export async function writeFloor(lab: Lab, folder: string): Promise<void> {
  const config = labConfig(lab.name);
  const state = JSON.parse(await lab.pulumiOk("stack", "export", "--show-secrets")) as {
    deployment: { resources: Resource[] };
  };
  const { resources } = state.deployment;
  const commands = resources.filter((resource) => resource.type === "command:remote:Command");
  const kinds = new Map(config.hosts.map(({ name }) => [name, name.startsWith("cp") ? "control-plane" : "worker"]));
  for (const { name } of config.hosts) {
    const own = commands.filter((command) => plain(command.inputs["create"]).includes(`NODE_NAME='${name}'`));
    for (const command of own) writeFiles(join(folder, "files", name), command);
    const prepare = own.map((command) => plain(command.inputs["create"])).join("\n");
    const list = (variable: string) => {
      const found = [...prepare.matchAll(new RegExp(`^${variable}=\\((.*)\\)$`, "gm"))];
      return [...new Set(found.flatMap(([, entries = ""]) => words(entries)))];
    };
    const wanted = new Set([...list("PACKAGES"), ...list("RELEASED")]);
    const packages = [...wanted].map((entry) => entry.replace(/=\*$/, ""));
    writeFileSync(join(folder, `packages-${kinds.get(name)}`), packages.map((entry) => `'${entry}'\n`).join(""));
    writeFileSync(join(folder, `images-${kinds.get(name)}`), list("IMAGES").join("\n"));
  }
  writeFileSync(
    join(folder, "hosts"),
    config.hosts.map(({ name, ip }) => `${name} ${ip} ${kinds.get(name)}\n`).join(""),
  );
  const version = config.etcdVersion;
  writeFileSync(join(folder, "etcd-version"), version);
  writeFileSync(
    join(folder, "etcd-url"),
    `http://${config.mirrorIp}/etcd/v${version}/etcd-v${version}-linux-amd64.tar.gz`,
  );
  const items = resources
    .filter((resource) => resource.type.startsWith("kubernetes:") && !resource.type.endsWith("Patch"))
    .map((resource) => resource.inputs);
  writeFileSync(
    join(folder, "network.json"),
    JSON.stringify({ apiVersion: "v1", kind: "List", items: unwrapped(items) }),
  );
  writeFileSync(join(folder, "kubeconfig"), await lab.pulumiOk("stack", "output", "kubeconfig", "--show-secrets"), {
    mode: 0o600,
  });
  copyFileSync(join(await ensureBinaries(kubernetes(config.kubernetesVersion)), "kubectl"), join(folder, "kubectl"));
}

function writeFiles(root: string, command: Resource): void {
  const create = plain(command.inputs["create"]);
  const [, ...secrets] = plain(command.inputs["stdin"]).split("\n");
  words(/^SECRET_FILES=\((.*)\)$/m.exec(create)?.[1] ?? "").forEach((entry, index) => {
    const [path = "", mode = "0600"] = entry.split(" ");
    write(join(root, path), Buffer.from(secrets[index] ?? "", "base64").toString("utf8"), Number.parseInt(mode, 8));
  });
  const staged = new Map(
    [...create.matchAll(/^stage '([^']+)' <<'KUBEADM_HA_FILE'\n(.*?)^KUBEADM_HA_FILE$/gms)].map(
      ([, name = "", content = ""]) => [name, content],
    ),
  );
  if (staged.has("init.yaml")) {
    write(join(root, "/root/init.yaml"), INIT.map((name) => staged.get(name) ?? "").join("---\n"), 0o644);
  }
  for (const [name, content] of staged) {
    const source = /^(.*)\.sources$/.exec(name)?.[1];
    const registry = /^registry--(.*)$/.exec(name)?.[1];
    const place = source
      ? `/etc/apt/sources.list.d/${source}.sources`
      : registry
        ? `/etc/containerd/certs.d/${registry}/hosts.toml`
        : PLACES[name];
    if (place) write(join(root, place), content.replaceAll("@INTERFACE@", "eth0"), 0o644);
  }
}

function write(path: string, content: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode });
}

/** Words of a bash array as the program writes it. */
function words(list: string): string[] {
  return [...list.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? "");
}

/** A secret in an exported state is an envelope around the JSON of the value. */
function plain(value: unknown): string {
  return String(unwrapped(value) ?? "");
}

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  const { plaintext } = value as { plaintext?: string };
  if (plaintext !== undefined) return JSON.parse(plaintext);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapped(inner)]));
}
