/** The lab's hosts under a drill: commands on them, their power, and who does what of them now. */
import { docker } from "../../lab/fleet/dockerd";
import { cutPower, listHosts, startHost } from "../../lab/fleet/hosts";
import { containerName } from "../../lab/fleet/names";
import type { Lab } from "../lab/lab";

interface StackHost {
  name: string;
  ip: string;
  roles: string[];
}

/** The hosts of the stack file as it is now. */
export class Hosts {
  constructor(readonly lab: Lab) {}

  get all(): string[] {
    return this.listed.map(({ name }) => name);
  }

  get controlPlanes(): string[] {
    return this.withRole("control-plane");
  }

  get members(): string[] {
    return this.withRole("etcd");
  }

  get workers(): string[] {
    return this.withRole("worker");
  }

  /** Hosts that the cluster has as nodes. */
  get nodes(): string[] {
    return [...this.controlPlanes, ...this.workers];
  }

  address(name: string): string {
    return this.listed.find((host) => host.name === name)!.ip;
  }

  /** The virtual IP. */
  get vip(): string {
    return (this.lab.configuration("api") as { vip: string }).vip;
  }

  /** What a script on a host prints; fails when it fails. */
  async exec(host: string, script: string, limit = 30): Promise<string> {
    return (await docker(["exec", this.container(host), "bash", "-c", script], { limit })).stdout.trim();
  }

  /** The same where the host may be off or the script may fail: then undefined. */
  async tryExec(host: string, script: string, limit = 10): Promise<string | undefined> {
    try {
      return await this.exec(host, script, limit);
    } catch {
      return undefined;
    }
  }

  async cutPower(hosts: string[]): Promise<void> {
    await Promise.all(hosts.map((name) => cutPower(this.lab.name, { name, ip: this.address(name) })));
  }

  /** Powers hosts on; those that run already are left alone. */
  async powerOn(hosts: string[]): Promise<void> {
    const known = await listHosts(this.lab.name);
    const chosen = known.filter(({ name, state }) => hosts.includes(name) && state !== "running");
    await Promise.all(chosen.map((host) => startHost(this.lab.name, host)));
  }

  /** The control planes that hold the virtual IP now. */
  async holders(): Promise<string[]> {
    const script = `ip -4 -o address show to ${this.vip}`;
    const said = await Promise.all(this.controlPlanes.map((host) => this.tryExec(host, script)));
    return this.controlPlanes.filter((_, index) => said[index]);
  }

  /** The one control plane that holds it. */
  async holder(): Promise<string> {
    const holders = await this.holders();
    if (holders.length !== 1) throw new Error(`the virtual IP is held by ${holders.join(", ") || "nobody"}`);
    return holders[0]!;
  }

  /** A control plane that does not hold it. */
  async backup(): Promise<string> {
    const holder = await this.holder();
    return this.controlPlanes.find((host) => host !== holder)!;
  }

  container(host: string): string {
    return containerName(this.lab.name, host);
  }

  private withRole(role: string): string[] {
    return this.listed.filter(({ roles }) => roles.includes(role)).map(({ name }) => name);
  }

  private get listed(): StackHost[] {
    return this.lab.configuration("hosts") as StackHost[];
  }
}
