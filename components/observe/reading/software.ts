/** What is installed and runs on a host, and what the program's scripts left there. Pure. */
import type { HostFacts } from "../facts";
import { Question } from "../questions";
import type { Answers } from "./answers";

type Files = Map<string, string[]>;

const STATE = "/var/lib/kubeadm-ha";
const FIREWALLS = ["firewalld", "ufw"];

type Software = Pick<
  HostFacts,
  | "packages"
  | "holds"
  | "unavailable"
  | "sourcesError"
  | "units"
  | "firewalls"
  | "containerd"
  | "kubelet"
  | "sandboxImage"
  | "images"
  | "staticPods"
>;

export function softwareFacts(answers: Answers, files: Files): Software {
  const packages = packagesOf(answers.lines("packages"));
  const units = unitsOf(answers.text("units"));
  const lines = answers.files("lines");
  return {
    packages: Object.fromEntries(packages.map(({ name, version }) => [name, version])),
    holds: packages.filter(({ held }) => held).map(({ name }) => name),
    unavailable: answers.lines("unavailable"),
    sourcesError: answers.text("sources-error").trim(),
    units: Object.fromEntries([...units].filter(([name]) => !FIREWALLS.includes(name))),
    firewalls: FIREWALLS.filter((name) => units.get(name)?.active === "active" && !isIdleUfw(name, files)),
    containerd: runningVersion(answers, packages, "containerd", ["containerd.io", "containerd"]),
    kubelet: prefixed(runningVersion(answers, packages, "kubelet", ["kubelet"])),
    sandboxImage: quoted(lines.get("/etc/containerd/config.toml")?.find((line) => /^ *sandbox/.test(line))),
    images: answers.lines("images").slice(1).flatMap(imageOf),
    staticPods: staticPodsOf(answers, lines),
  };
}

interface Package {
  name: string;
  version: string;
  held: boolean;
}

// `hi  kubelet 1.35.4-1.1`: what is wanted, what it is, and its error.
function packagesOf(lines: string[]): Package[] {
  return lines.flatMap((line) => {
    const [, wanted, name, version] = /^(.)i.? +(\S+) (\S+)$/.exec(line) ?? [];
    return name === undefined || version === undefined ? [] : [{ name, version, held: wanted === "h" }];
  });
}

function unitsOf(text: string): Map<string, HostFacts["units"][string]> {
  const units = new Map<string, HostFacts["units"][string]>();
  for (const block of text.split(/\n\n+/)) {
    const property = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(block)?.[1] ?? "";
    const name = property("Id").replace(/\.service$/, "");
    if (name === "" || property("LoadState") === "not-found") continue;
    const active = property("SubState").startsWith("auto-restart") ? "failing" : property("ActiveState");
    units.set(name, { active, enabled: property("UnitFileState") });
  }
  return units;
}

// The unit of ufw is active wherever the package is; the firewall only where its own configuration says so.
function isIdleUfw(name: string, files: Files): boolean {
  return name === "ufw" && !(files.get("/etc/ufw/ufw.conf") ?? []).includes("ENABLED=yes");
}

// Asked of the program itself only where it is not the one that its package installed: its start takes longer than all
// other questions.
function runningVersion(answers: Answers, packages: Package[], program: string, names: string[]): string {
  if (answers.lines("installed").includes(program)) {
    const version = packages.find(({ name }) => names.includes(name))?.version ?? "";
    return /^(?:\d+:)?(\d+\.\d+\.\d+)/.exec(version)?.[1] ?? "";
  }
  return / v?(\d+\.\d+\.\d+\S*)/.exec(answers.text(`version-${program}`))?.[1] ?? "";
}

function prefixed(version: string): string {
  return version === "" ? "" : `v${version}`;
}

function quoted(line = ""): string {
  return /["'](.*)["']/.exec(line)?.[1] ?? "";
}

// `REF TYPE DIGEST SIZE UNIT PLATFORMS LABELS`; by its digest an image is named once more.
function imageOf(line: string): HostFacts["images"] {
  const [name = ""] = line.split(" ", 1);
  return name === "" || name.startsWith("sha256:")
    ? []
    : [{ name, pinned: line.includes("io.cri-containerd.pinned=pinned") }];
}

const HEALTH_PORTS: Record<string, string> = { "kube-controller-manager": ":10257/", "kube-scheduler": ":10259/" };

function staticPodsOf(answers: Answers, lines: Files): HostFacts["staticPods"] {
  const healthy = answers.lines("health").filter((line) => line.startsWith("200 "));
  return ["kube-apiserver", "kube-controller-manager", "kube-scheduler"].flatMap((component) => {
    const line = lines.get(`/etc/kubernetes/manifests/${component}.yaml`)?.find((each) => /^ *(- )?image: /.test(each));
    if (line === undefined) return [];
    const part = HEALTH_PORTS[component] ?? "/readyz";
    const isReady = component === "kube-apiserver" && answers.text("api-ready") === "ok";
    return [
      {
        component,
        image: line.replace(/^.*image: */, "").replace(/["' ]/g, ""),
        healthy: isReady || healthy.some((answer) => answer.includes(part)),
      },
    ];
  });
}

type Left = Pick<HostFacts, "commands" | "files" | "sysctls">;

export function leftBehind(answers: Answers, files: Files): Left {
  return { commands: commandsOf(files), files: managedOf(answers, files), sysctls: sysctlsOf(files) };
}

function under(files: Files, folder: string): [name: string, lines: string[]][] {
  return [...files]
    .filter(([path]) => path.startsWith(folder))
    .map(([path, lines]) => [path.slice(folder.length), lines]);
}

function commandsOf(files: Files): HostFacts["commands"] {
  return under(files, `${STATE}/done/`).map(([resource, [input = "", repair = ""]]) => ({ resource, input, repair }));
}

// Without a hash or a mode nobody knows whether a file is what it was, or there at all.
function managedOf(answers: Answers, files: Files): HostFacts["files"] {
  if (!answers.has(Question.Hashes, Question.Modes)) return [];
  const hashes = byPath(answers, "hashes", /^([0-9a-f]{64}) [ *](.*)$/s);
  const modes = byPath(answers, "modes", /^([0-7]+ \S+) (.*)$/s);
  return under(files, `${STATE}/files/`).flatMap(([, [record = ""]]) => {
    const [, resource, hash, mode, owner, path] = /^(\S+) ([0-9a-f]{64}) 0*([0-7]+) (\S+) (\/.*)$/.exec(record) ?? [];
    if (resource === undefined || path === undefined) return [];
    return [{ path, resource, state: stateOf() }];

    function stateOf(): HostFacts["files"][number]["state"] {
      if (!modes.has(path!)) return "missing";
      if (hashes.get(path!) !== hash) return "content";
      return modes.get(path!) === `${mode} ${owner}` ? "same" : "mode";
    }
  });
}

function byPath(answers: Answers, name: string, entry: RegExp): Map<string, string> {
  return new Map(
    answers
      .text(name)
      .split("\0")
      .flatMap((text): [string, string][] => {
        const [, value, path] = entry.exec(text) ?? [];
        return value === undefined || path === undefined ? [] : [[path, value]];
      }),
  );
}

function sysctlsOf(files: Files): HostFacts["sysctls"] {
  const settings = files.get("/etc/sysctl.d/90-kubeadm-ha.conf") ?? [];
  return settings.flatMap((line) => {
    const [, key, wanted] = /^\s*([^#;=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || wanted === undefined) return [];
    const found = (files.get(`/proc/sys/${key.replaceAll(".", "/")}`)?.[0] ?? "").replace(/\s+/g, " ").trim();
    return found === wanted.replace(/\s+/g, " ") ? [] : [{ key, wanted, found }];
  });
}
