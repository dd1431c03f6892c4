/** One host as a container: the flags that let systemd and a kubelet run in it, and what it is given at birth. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabConfig, LabHost } from "../config";
import { docker } from "./dockerd";
import { containerName, HOST_LABEL, IP_LABEL, LAB_LABEL, networkName } from "./names";

/** What one host is made with. */
export interface Birth {
  image: string;
  /** The line of authorized_keys that lets the lab in. */
  publicKey: string;
  labels: Record<string, string>;
  /** docker's words for them: `/path/here:/path/there:ro`, or a path alone for a volume of the host's own. */
  volumes: string[];
}

/** Creates and starts a host; it has booted when `waitUntilUp` says so. */
export async function createContainer(
  lab: string,
  host: LabHost,
  config: Pick<LabConfig, "gateway" | "mirrorIp">,
  birth: Birth,
): Promise<void> {
  const name = containerName(lab, host.name);
  const labels = { [LAB_LABEL]: lab, [HOST_LABEL]: host.name, [IP_LABEL]: host.ip, ...birth.labels };
  // Kernel modules are the machine's; where it has any, modprobe must find them.
  const modules = existsSync("/lib/modules") ? ["/lib/modules:/lib/modules:ro"] : [];
  await docker([
    ...["create", "--name", name, "--hostname", host.name, "--network", networkName(lab), "--ip", host.ip],
    ...Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
    ...machineFlags(readFileSync("/proc/self/status", "utf8")),
    ...["--cgroupns=private", "--stop-signal", "SIGRTMIN+3", "--restart", "no"],
    ...["--log-driver", "json-file", "--log-opt", "max-size=1m"],
    ...["--tmpfs", "/run", "--tmpfs", "/tmp:exec", "--env", "container=docker"],
    ...[...modules, ...birth.volumes].flatMap((volume) => ["--volume", volume]),
    birth.image,
  ]);
  await copyFiles(name, {
    hostname: `${host.name}\n`,
    hosts: `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${host.ip} ${host.name}\n`,
    // There is no resolver in the lab: the mirror refuses at once, and is not the host's own address.
    "resolv.conf": `nameserver ${config.mirrorIp}\n`,
    gateway: `${config.gateway}\n`,
    authorized_keys: `${birth.publicKey}\n`,
  });
  await docker(["start", name], { limit: 120 });
}

/** Where the image's first boot takes them from. */
async function copyFiles(container: string, files: Record<string, string>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "kubeadm-ha-"));
  try {
    await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(folder, file), text)));
    await docker(["cp", `${folder}/.`, `${container}:/etc/lab`]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `--privileged` asks for every capability; where this machine lacks one, all but that one are given by hand. */
export function machineFlags(processStatus: string): string[] {
  const CAP_SYS_RESOURCE = 24n;
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(processStatus)?.[1];
  const complete = bounding !== undefined && ((BigInt(`0x${bounding}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
  if (complete) return ["--privileged"];
  return [
    ...["--cap-add=ALL", "--cap-drop=SYS_RESOURCE", "--device-cgroup-rule=a *:* rwm", "--device=/dev/kmsg"],
    ...["seccomp", "apparmor", "systempaths"].map((option) => `--security-opt=${option}=unconfined`),
  ];
}
