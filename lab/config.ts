/** What the lab takes from its stack file: the hosts to run and the versions to serve. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, parseDocument, visit } from "yaml";
import { LabError } from "./error";
import { projectDir } from "./paths";

/** One host of the fleet. */
export interface LabHost {
  name: string;
  ip: string;
}

export interface LabConfig {
  /** The hosts of the stack file, in its order; the mirror is not among them. */
  hosts: LabHost[];
  /** `v1.35.4`. */
  kubernetesVersion: string;
  /** `3.6.16`. */
  etcdVersion: string;
  /** `2.2.9`. */
  containerdVersion: string;
  /** `v0.28.4`. */
  flannelVersion: string;
  /** `10.77.0.0/24`. */
  subnet: string;
  /** This machine, on the lab's bridge: .1. */
  gateway: string;
  /** The host `mirror`: .2. */
  mirrorIp: string;
  vip: string;
}

/** The folder with the templates that LAB_STACK names. */
export const stacksDir = join(__dirname, "stacks");

const NAMESPACE = "kubeadm-ha:";
const DEFAULT_FLANNEL = "v0.28.4";

/** The stack file that a lab's Pulumi runs with. */
export function stackFile(lab: string): string {
  return join(projectDir(lab), "Pulumi.dev.yaml");
}

/** Fails for a lab that was never made. The lab `dev` always has a stack file; any other gets its own at `lab up`. */
export function requireLab(lab: string): void {
  const file = stackFile(lab);
  if (existsSync(file)) return;
  throw new LabError(`The lab ${lab} has no stack file (${file}).`, `Make the lab first: LAB=${lab} npm run lab -- up`);
}

/** Reads a lab's stack file. */
export function labConfig(lab: string): LabConfig {
  requireLab(lab);
  return parseStack(readFileSync(stackFile(lab), "utf8"), stackFile(lab));
}

/** Whether a container and a node can have this name; `mirror` is the lab's own host. */
export function isHostName(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name) && name !== "mirror";
}

/** The part of a stack file that the lab needs; everything else is the program's to check. */
export function parseStack(text: string, file: string): LabConfig {
  const values = configValues(text, file);
  const wrong = (key: string, value: unknown, why: string, fix: string) =>
    new LabError(`${file}: ${NAMESPACE}${key} ${JSON.stringify(value)}: ${why}.`, fix);

  const listed = values.hosts;
  if (!Array.isArray(listed) || listed.length === 0) {
    throw wrong("hosts", listed, "the lab takes its hosts from this list", "List at least one host with name and ip.");
  }
  const hosts = listed.map((entry: unknown, index): LabHost => {
    const { name, ip } = (entry ?? {}) as Partial<Record<string, unknown>>;
    if (typeof name !== "string" || !isHostName(name)) {
      throw wrong(
        `hosts[${index}].name`,
        name,
        "no usable host name",
        "Use a-z, 0-9 and -, at most 32 characters; `mirror` is the lab's own host.",
      );
    }
    return { name, ip: address(`hosts[${index}].ip`, ip) };
  });
  const vip = address("api.vip", (values.api as Partial<Record<string, unknown>> | undefined)?.vip);

  const prefix = vip.slice(0, vip.lastIndexOf(".") + 1);
  const taken = new Map([
    [`${prefix}1`, "this machine"],
    [`${prefix}2`, "the host `mirror`"],
    [vip, "the virtual IP (api.vip)"],
  ]);
  const names = new Set<string>();
  hosts.forEach(({ name, ip }, index) => {
    if (!ip.startsWith(prefix)) {
      throw wrong(
        `hosts[${index}].ip`,
        ip,
        `outside the lab's subnet ${prefix}0/24`,
        `Use an address in ${prefix}0/24.`,
      );
    }
    const holder = taken.get(ip);
    if (holder) throw wrong(`hosts[${index}].ip`, ip, `held by ${holder}`, "Give every host an address of its own.");
    if (names.has(name)) throw wrong(`hosts[${index}].name`, name, "named twice", "Give every host a name of its own.");
    taken.set(ip, `the host ${name}`);
    names.add(name);
  });

  return {
    hosts,
    kubernetesVersion: version("kubernetesVersion", values.kubernetesVersion, true),
    etcdVersion: version("etcdVersion", values.etcdVersion, false),
    containerdVersion: version("containerdVersion", values.containerdVersion, false),
    flannelVersion: version(
      "network.flannelVersion",
      (values.network as Partial<Record<string, unknown>> | undefined)?.flannelVersion ?? DEFAULT_FLANNEL,
      true,
    ),
    subnet: `${prefix}0/24`,
    gateway: `${prefix}1`,
    mirrorIp: `${prefix}2`,
    vip,
  };

  function address(key: string, value: unknown): string {
    const parts = typeof value === "string" ? /^10\.77\.(\d{1,3})\.(\d{1,3})$/.exec(value) : null;
    if (!parts || Number(parts[1]) > 255 || Number(parts[2]) < 1 || Number(parts[2]) > 254) {
      throw wrong(key, value, "no address of a lab", "Use 10.77.N.1 to 10.77.N.254, the same N everywhere.");
    }
    return value as string;
  }

  /** With `v` in front or without, as each project writes its own. */
  function version(key: string, value: unknown, withV: boolean): string {
    if (typeof value !== "string" || !/^v?\d+\.\d+\.\d+$/.test(value)) {
      throw wrong(
        key,
        value,
        "the lab must know it to serve it",
        `Set it to a version such as ${withV ? "v" : ""}1.2.3.`,
      );
    }
    return `${withV ? "v" : ""}${value.replace(/^v/, "")}`;
  }
}

/** Merges an overlay's settings over a stack file's, key by key, and moves the result to another lab's subnet and state. */
export function renderStack(base: string, overlay: string | undefined, lab: string, subnetIndex: number): string {
  const document = parseDocument(base);
  if (overlay !== undefined) {
    const { contents, errors } = parseDocument(overlay);
    const config = isMap(contents) ? contents.get("config") : undefined;
    if (errors[0] || !isMap(config)) {
      throw new LabError("The lab's stack template has no map `config`.", "Write it as in lab/stacks/etcd-hosts.yaml.");
    }
    for (const { key, value } of config.items) document.setIn(["config", isScalar(key) ? key.value : key], value);
  }
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string") node.value = moveTo(node.value, lab, subnetIndex);
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** `10.77.0.11` → `10.77.3.11`, `.lab/dev/…` → `.lab/<LAB>/…`, wherever they stand in a value. */
export function moveTo(value: string, lab: string, subnetIndex: number): string {
  return value
    .replace(/(?<![\d.])10\.77\.0\.(?=\d)/g, `10.77.${subnetIndex}.`)
    .replace(/(?<![\w.-])\.lab\/dev\//g, `.lab/${lab}/`);
}

/** The stack file's settings of this project, without their namespace. */
function configValues(text: string, file: string): Record<string, unknown> {
  const document = parseDocument(text);
  const error = document.errors[0];
  if (error) throw new LabError(`${file} is no YAML: ${error.message}`, "Correct the file.");
  const config = (document.toJS() as { config?: Record<string, unknown> } | null)?.config ?? {};
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(NAMESPACE))
      .map(([key, value]) => [key.slice(NAMESPACE.length), value]),
  );
}
