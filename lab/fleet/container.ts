/** One host as a container: the settings that let systemd and a kubelet run in it, and what it is given at birth. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabConfig, LabHost } from "../config";
import { LabError } from "../error";
import { docker, ensureDocker } from "./dockerd";
import { containerName, HOST_LABEL, IP_LABEL, LAB_LABEL } from "./names";

/** What one host is made with. */
export interface Birth {
  image: string;
  /** The line of authorized_keys that lets the lab in. */
  publicKey: string;
  labels: Record<string, string>;
  /** Paths that get a volume of the host's own, which goes with it. */
  volumes: string[];
  /** Folders of this machine: `/path/here:/path/there:ro`. */
  binds: string[];
}

/** Creates a host; it has not been started. */
export async function createContainer(
  lab: string,
  host: LabHost,
  config: Pick<LabConfig, "gateway" | "mirrorIp">,
  birth: Birth,
): Promise<void> {
  const name = containerName(lab, host.name);
  const settings = containerSettings(lab, host, birth, readFileSync("/proc/self/status", "utf8"));
  await askEngine("POST", `/containers/create?name=${name}`, settings);
  await copyFiles(name, {
    hostname: `${host.name}\n`,
    hosts: `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${host.ip} ${host.name}\n`,
    // There is no resolver in the lab: the mirror refuses at once, and is not the host's own address.
    "resolv.conf": `nameserver ${config.mirrorIp}\n`,
    gateway: `${config.gateway}\n`,
    authorized_keys: `${birth.publicKey}\n`,
  });
}

/** The body of docker's request, with this machine's capabilities as /proc/self/status has them. */
export function containerSettings(lab: string, host: LabHost, birth: Birth, processStatus: string): object {
  // Kernel modules are the machine's; where it has any, modprobe must find them.
  const modules = existsSync("/lib/modules") ? ["/lib/modules:/lib/modules:ro"] : [];
  return {
    Image: birth.image,
    Hostname: host.name,
    Env: ["container=docker"],
    // A machine has its cable plugged in when it is switched on: units that bind to its address count on it.
    Cmd: ["sh", "-c", "until ip -4 -o address show dev eth0 2>&- | grep -q .; do sleep 0.05; done; exec /sbin/init"],
    Labels: { [LAB_LABEL]: lab, [HOST_LABEL]: host.name, [IP_LABEL]: host.ip, ...birth.labels },
    Volumes: Object.fromEntries(birth.volumes.map((path) => [path, {}])),
    StopSignal: "SIGRTMIN+3",
    // A network namespace without docker's networks; the command line has no option for it.
    NetworkDisabled: true,
    HostConfig: {
      NetworkMode: "none",
      ...privileges(processStatus),
      CgroupnsMode: "private",
      Tmpfs: { "/run": "", "/tmp": "exec" },
      Binds: [...modules, ...birth.binds],
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
    },
  };
}

/** Privileged asks for every capability; where this machine lacks one, all but that one are given by hand. */
export function privileges(processStatus: string): object {
  const CAP_SYS_RESOURCE = 24n;
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(processStatus)?.[1];
  const complete = bounding !== undefined && ((BigInt(`0x${bounding}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
  if (complete) return { Privileged: true };
  return {
    CapAdd: ["ALL"],
    CapDrop: ["SYS_RESOURCE"],
    SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
    // What the command line calls systempaths=unconfined.
    MaskedPaths: [],
    ReadonlyPaths: [],
    DeviceCgroupRules: ["a *:* rwm"],
    Devices: [{ PathOnHost: "/dev/kmsg", PathInContainer: "/dev/kmsg", CgroupPermissions: "rwm" }],
  };
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

async function askEngine(method: string, path: string, body: object): Promise<void> {
  const { host } = await ensureDocker();
  const answer = await new Promise<{ status: number; text: string }>((done, fail) => {
    const asked = request(
      {
        socketPath: host.replace(/^unix:\/\//, ""),
        method,
        path,
        headers: { "Content-Type": "application/json" },
        timeout: 60_000,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => done({ status: response.statusCode ?? 0, text }));
      },
    );
    asked.on("timeout", () => asked.destroy(new Error("no answer within 60 s")));
    asked.on("error", fail);
    asked.end(JSON.stringify(body));
  });
  if (answer.status < 300) return;
  throw new LabError(
    `docker refused ${method} ${path}: ${answer.text.trim()}`,
    "Correct what it names, then run this again.",
  );
}
