/** The hosts of a lab, as systemd containers. */
import { existsSync } from "node:fs";
import type { LabConfig, LabHost } from "../config";
import { LabError } from "../error";
import type { MirrorContent } from "../mirror/content";
import { say } from "../say";
import { fleetOf, spareHosts } from "../spares";
import { run, tail, waitFor } from "../sh";
import { type Birth, createContainer } from "./container";
import { docker } from "./dockerd";
import { containerName, HOST_LABEL, IP_LABEL, LAB_LABEL, MIRROR, MOUNTS_LABEL, portName } from "./names";
import { attach, ensureNetwork, isAttached } from "./network";
import { ensureImage, Image, imageName } from "./rootfs";
import { ensureSshKey, knownHostsFile, sshAnswers, writeKnownHosts } from "./ssh";

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
  const there = await removeUseless(lab, await listHosts(lab), content);
  checkAddresses(there, config);

  const { publicKey, fresh } = await ensureSshKey(lab);
  const wanted = [{ name: MIRROR, ip: config.mirrorIp }, ...fleetOf(config, spareHosts(lab))];
  const missing = wanted.filter((host) => !there.some(({ name }) => name === host.name));
  const still = there.filter((host) => host.state !== "running");
  if (missing.length > 0) {
    await ensureImage(Image.Host);
    await ensureImage(Image.Mirror);
    say(`creating ${missing.map(({ name }) => name).join(", ")}`);
  }
  await Promise.all(
    missing.map((host) => {
      const own = host.name === MIRROR ? mirrorBirth(content) : hostBirth();
      return create(lab, host, config, { ...own, publicKey });
    }),
  );
  if (still.length > 0) say(`starting ${still.map(({ name, state }) => `${name} (${state})`).join(", ")}`);
  await Promise.all(still.map((host) => wake(lab, host)));
  await Promise.all([...missing, ...still].map((host) => waitUntilUp(lab, host)));
  const unplugged = there.filter((host) => !isAttached(lab, host));
  await Promise.all(unplugged.map((host) => attach(lab, host)));
  if (fresh) await Promise.all(there.map((host) => admit(lab, host, publicKey)));
  await Promise.all(wanted.map((host) => waitForSsh(host)));
  if (missing.length + still.length > 0 || !existsSync(knownHostsFile(lab))) await recordHostKeys(lab);
}

async function create(lab: string, host: LabHost, config: LabConfig, birth: Birth): Promise<void> {
  await createContainer(lab, host, config, birth);
  await docker(["start", containerName(lab, host.name)], { limit: 120 });
  await attach(lab, host);
}

/** Puts new machines in the place of hosts: same name and address, empty disks, SSH host keys that nobody has seen. */
export async function renewHosts(lab: string, hosts: FleetHost[], config: LabConfig): Promise<void> {
  if (hosts.some(({ name }) => name === MIRROR)) {
    throw new LabError("The mirror is no machine of a cluster.", "Name hosts of the stack file, or spare ones.");
  }
  const { publicKey } = await ensureSshKey(lab);
  await ensureImage(Image.Host);
  await ensureNetwork(lab, config);
  await Promise.all(
    hosts.map(async (host) => {
      await removeContainer(lab, host.name);
      await create(lab, host, config, { ...hostBirth(), publicKey });
      await waitUntilUp(lab, host);
      await waitForSsh(host);
      say(`${host.name}: a new machine`);
    }),
  );
  await recordHostKeys(lab);
}

/** Takes away what cannot be started again, a host that never came to its first boot, and a mirror of other content. */
async function removeUseless(lab: string, hosts: FleetHost[], content: MirrorContent): Promise<FleetHost[]> {
  const outdated = ({ name, mounts, image }: FleetHost) =>
    name === MIRROR && (mounts !== mountsOf(content) || image !== imageName(Image.Mirror));
  const useless = hosts.filter((host) => outdated(host) || ["created", "dead"].includes(host.state));
  if (useless.some(outdated)) say("the mirror has new content: making its host again");
  for (const { name } of useless) await removeContainer(lab, name);
  return hosts.filter((host) => !useless.includes(host));
}

function hostBirth(): Omit<Birth, "publicKey"> {
  // Volumes, as overlayfs cannot lie on overlayfs, and a kubelet shares its mounts.
  return { image: imageName(Image.Host), labels: {}, volumes: ["/var/lib/containerd", "/var/lib/kubelet"], binds: [] };
}

function mirrorBirth(content: MirrorContent): Omit<Birth, "publicKey"> {
  return {
    image: imageName(Image.Mirror),
    labels: { [MOUNTS_LABEL]: mountsOf(content) },
    volumes: [],
    binds: [`${content.www}:/srv/www:ro`, `${content.registry}:/var/lib/docker-registry`],
  };
}

function mountsOf(content: MirrorContent): string {
  return `${content.www}|${content.registry}`;
}

/** Brings one host back: after a power cut, a stop or a pause. */
export async function startHost(lab: string, host: FleetHost): Promise<void> {
  await wake(lab, host);
  await waitUntilUp(lab, host);
  await waitForSsh(host);
}

/** Cuts a host's power: its cable goes first, so that nobody is told that its connections have ended. */
export async function cutPower(lab: string, host: LabHost): Promise<void> {
  if (isAttached(lab, host)) await run("ip", ["link", "set", portName(host.ip), "down"]);
  await docker(["kill", containerName(lab, host.name)]);
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
  if (host.state !== "paused") await attach(lab, host);
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

/** Lets a new key of the lab in on a host that was made with an earlier one. */
async function admit(lab: string, host: LabHost, publicKey: string): Promise<void> {
  const append = ["exec", "--interactive", containerName(lab, host.name), "tee", "-a", "/root/.ssh/authorized_keys"];
  await docker(append, { input: `${publicKey}\n` });
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
