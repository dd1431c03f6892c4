/** The hosts of a lab, as systemd containers. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabConfig, LabHost } from "../config";
import { LabError } from "../error";
import { say } from "../say";
import { tail, waitFor } from "../sh";
import { docker } from "./dockerd";
import { containerName, HOST_LABEL, IP_LABEL, LAB_LABEL, MIRROR, MOUNTS_LABEL, networkName } from "./names";
import { reapplyPartition } from "./partition";
import { ensureImage, Image } from "./rootfs";
import { ensureSshKey, sshAnswers, writeKnownHosts } from "./ssh";

/** A container of the lab, as docker lists it. */
export interface FleetHost extends LabHost {
  /** docker's word: running, paused, exited, created. */
  state: string;
  image: string;
  /** Since when, in docker's words. */
  status: string;
  /** The mirror's folders; empty for all others. */
  mounts: string;
}

/** What the mirror serves: folders of this machine. */
export interface MirrorContent {
  /** Packages and archives. */
  www: string;
  /** The registry's storage. */
  registry: string;
}

const BOOT_LIMIT_S = 180;

/** Every container of the lab, running or not, the mirror included. */
export async function listHosts(lab: string): Promise<FleetHost[]> {
  const labels = [HOST_LABEL, IP_LABEL, MOUNTS_LABEL].map((label) => `{{.Label "${label}"}}`).join("\t");
  const format = `${labels}\t{{.State}}\t{{.Image}}\t{{.Status}}`;
  const listed = await docker(["ps", "--all", "--filter", `label=${LAB_LABEL}=${lab}`, "--format", format]);
  return listed.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", ip = "", mounts = "", state = "", image = "", status = ""] = line.split("\t");
      return { name, ip, mounts, state, image, status };
    })
    .sort((a, b) => addressOrder(a.ip) - addressOrder(b.ip));
}

/** Brings every host of the stack file up, and the mirror: creates those that are missing, starts those that stand still. */
export async function ensureHosts(lab: string, config: LabConfig, content: MirrorContent): Promise<void> {
  const mounts = `${content.www}|${content.registry}`;
  const images = { host: await ensureImage(Image.Host), mirror: await ensureImage(Image.Mirror) };
  const mirror: FleetHost | undefined = (await listHosts(lab)).find((host) => host.name === MIRROR);
  if (mirror && (mirror.mounts !== mounts || mirror.image !== images.mirror)) {
    say("the mirror has new content: making its host again");
    await removeContainer(lab, MIRROR);
  }
  const there = await listHosts(lab);
  checkAddresses(there, config);

  const publicKey = await ensureSshKey(lab);
  const wanted = [{ name: MIRROR, ip: config.mirrorIp }, ...config.hosts];
  const missing = wanted.filter((host) => !there.some(({ name }) => name === host.name));
  const still = there.filter((host) => host.state !== "running");
  if (missing.length > 0) say(`creating ${missing.map(({ name }) => name).join(", ")}`);
  await Promise.all(
    missing.map(async (host) => {
      const flags =
        host.name === MIRROR
          ? [
              ...["--label", `${MOUNTS_LABEL}=${mounts}`, "--volume", `${content.www}:/srv/www:ro`],
              ...["--volume", `${content.registry}:/var/lib/docker-registry`],
            ]
          : // overlayfs cannot lie on overlayfs, and a kubelet shares its mounts.
            ["--volume", "/var/lib/containerd", "--volume", "/var/lib/kubelet"];
      await createHost(lab, host, { flags, publicKey, nameserver: config.mirrorIp });
    }),
  );
  if (still.length > 0) say(`starting ${still.map(({ name, state }) => `${name} (${state})`).join(", ")}`);
  await Promise.all(still.map((host) => wake(lab, host)));
  await Promise.all([...missing, ...still].map((host) => waitUntilUp(lab, host)));
  if (missing.length + still.length > 0) await reapplyPartition(lab);
  await Promise.all(wanted.map((host) => waitForSsh(host)));
  await recordHostKeys(lab);

  async function createHost(
    lab: string,
    host: LabHost,
    options: { flags: string[]; publicKey: string; nameserver: string },
  ): Promise<void> {
    const name = containerName(lab, host.name);
    await docker([
      ...["create", "--name", name, "--hostname", host.name, "--network", networkName(lab), "--ip", host.ip],
      ...[
        "--label",
        `${LAB_LABEL}=${lab}`,
        "--label",
        `${HOST_LABEL}=${host.name}`,
        "--label",
        `${IP_LABEL}=${host.ip}`,
      ],
      ...machineFlags(readFileSync("/proc/self/status", "utf8")),
      ...["--cgroupns=private", "--stop-signal", "SIGRTMIN+3", "--restart", "no", "--log-opt", "max-size=1m"],
      ...["--tmpfs", "/run", "--tmpfs", "/tmp:exec", "--env", "container=docker"],
      ...options.flags,
      host.name === MIRROR ? images.mirror : images.host,
    ]);
    const folder = await mkdtemp(join(tmpdir(), "kubeadm-ha-"));
    try {
      const files: Record<string, string> = {
        hostname: `${host.name}\n`,
        hosts: `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${host.ip} ${host.name}\n`,
        // There is no resolver in the lab: an address that refuses at once, and that is not the host's own.
        "resolv.conf": `nameserver ${options.nameserver}\n`,
        authorized_keys: `${options.publicKey}\n`,
      };
      await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(folder, file), text)));
      await docker(["cp", `${folder}/.`, `${name}:/etc/lab`]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    await docker(["start", name], { limit: 120 });
  }
}

/** `--privileged` asks for every capability; where this machine lacks one, all but that one are given by hand. */
export function machineFlags(processStatus: string): string[] {
  const CAP_SYS_RESOURCE = 24n;
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(processStatus)?.[1];
  if (bounding && (BigInt(`0x${bounding}`) >> CAP_SYS_RESOURCE) & 1n) return ["--privileged"];
  return [
    ...["--cap-add=ALL", "--cap-drop=SYS_RESOURCE", "--device-cgroup-rule=a *:* rwm", "--device=/dev/kmsg"],
    ...["seccomp", "apparmor", "systempaths"].map((option) => `--security-opt=${option}=unconfined`),
  ];
}

/** Brings one host back: after a power cut, a stop or a pause. */
export async function startHost(lab: string, host: FleetHost): Promise<void> {
  await wake(lab, host);
  await waitUntilUp(lab, host);
  await reapplyPartition(lab);
  await waitForSsh(host);
}

/** Removes every container of the lab with its disks. */
export async function removeHosts(lab: string): Promise<void> {
  const hosts = await listHosts(lab);
  await Promise.all(hosts.map((host) => removeContainer(lab, host.name)));
}

async function removeContainer(lab: string, host: string): Promise<void> {
  await docker(["rm", "--force", "--volumes", containerName(lab, host)], { limit: 120 });
}

async function wake(lab: string, host: FleetHost): Promise<void> {
  if (host.state === "running") return;
  await docker([host.state === "paused" ? "unpause" : "start", containerName(lab, host.name)], { limit: 120 });
}

async function waitUntilUp(lab: string, host: LabHost): Promise<void> {
  const name = containerName(lab, host.name);
  let state = "";
  await waitFor(
    {
      limit: BOOT_LIMIT_S,
      every: 0.5,
      problem: async () => {
        const jobs = await docker(["exec", name, "systemctl", "list-jobs", "--no-pager"], { anyExit: true });
        const log = await docker(["logs", "--tail", "15", name], { anyExit: true });
        const said = tail(`${jobs.stdout}${log.stdout}${log.stderr}`.trim(), 30);
        return new LabError(
          `${host.name} did not boot within ${BOOT_LIMIT_S} s (${state || "systemd does not answer"}).\n${said}`,
          `Look at it (npm run lab -- exec ${host.name}), or end the lab and start it again.`,
        );
      },
    },
    async () => {
      const answer = await docker(["exec", name, "systemctl", "is-system-running"], { anyExit: true });
      state = answer.stdout.trim();
      return state === "running" || state === "degraded" ? state : undefined;
    },
  );
  if (state !== "degraded") return;
  const failed = await docker(["exec", name, "systemctl", "list-units", "--failed", "--plain", "--no-legend"]);
  const units = failed.stdout.split("\n").map((line) => line.split(" ")[0]);
  say(`${host.name} is up, but these units failed: ${units.join(" ").trim()}`);
}

async function waitForSsh(host: LabHost): Promise<void> {
  await waitFor(
    {
      limit: 60,
      problem: () =>
        new LabError(
          `${host.name} (${host.ip}) does not answer on port 22.`,
          `Look at it: npm run lab -- exec ${host.name} systemctl status ssh`,
        ),
    },
    async () => (await sshAnswers(host.ip)) || undefined,
  );
}

/** Reads the hosts' keys through docker, a way that nobody on the network can answer instead. */
async function recordHostKeys(lab: string): Promise<void> {
  const running = (await listHosts(lab)).filter((host) => host.state === "running");
  const keys = await Promise.all(
    running.map(async ({ name, ip }) => {
      const read = ["exec", containerName(lab, name), "cat", "/etc/ssh/ssh_host_ed25519_key.pub"];
      return { ip, key: (await docker(read)).stdout };
    }),
  );
  writeKnownHosts(lab, keys);
}

/** A host keeps its address for life. */
function checkAddresses(there: FleetHost[], config: LabConfig): void {
  for (const { name, ip } of config.hosts) {
    const found = there.find((host) => host.name === name);
    if (found && found.ip !== ip) {
      throw new LabError(
        `The host ${name} runs with the address ${found.ip}; the stack file gives it ${ip}.`,
        "Give it its old address back or another name, or end the lab (npm run lab -- down).",
      );
    }
    const holder = there.find((host) => host.ip === ip && host.name !== name);
    if (holder) {
      throw new LabError(
        `The stack file gives ${name} the address ${ip}, which the running host ${holder.name} has.`,
        `Give ${name} another address, or end the lab (npm run lab -- down).`,
      );
    }
  }
}

function addressOrder(ip: string): number {
  return ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
