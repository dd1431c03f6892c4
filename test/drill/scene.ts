/** A drill's hands: faults that are undone whatever happens, and the marks of its time. */
import { sleep } from "../../lab/sh";
import type { Lab } from "../lab/lab";
import type { Api } from "../load/api";
import { now } from "../load/clock";
import type { Etcd } from "./etcd";
import type { Hosts } from "./hosts";
import type { Sources } from "./sources";

export interface SceneOptions {
  hosts: Hosts;
  api: Api;
  etcd: Etcd;
  /** Minutes that D10 leaves its streams alone. */
  idleMinutes: number;
  /** Which connections carry the watch and the kept connection now. */
  sources: () => Promise<Sources>;
}

interface Undoing {
  what: string;
  act: () => Promise<unknown>;
}

export class Scene {
  readonly hosts: Hosts;
  readonly lab: Lab;
  readonly api: Api;
  readonly etcd: Etcd;
  readonly idleMinutes: number;
  readonly sources: () => Promise<Sources>;
  /** What the drill itself measured, for its criteria. */
  readonly figures: Record<string, number | undefined> = {};
  /** Hosts that the drill took away. */
  readonly off = new Set<string>();
  private readonly undoings: Undoing[] = [];
  private readonly later: (() => Promise<void>)[] = [];
  private injectedAt: number | undefined;
  private over = false;

  constructor({ hosts, api, etcd, idleMinutes, sources }: SceneOptions) {
    this.hosts = hosts;
    this.lab = hosts.lab;
    this.api = api;
    this.etcd = etcd;
    this.idleMinutes = idleMinutes;
    this.sources = sources;
  }

  /** When the fault began; a drill that found no moment for it is judged from its own end. */
  get injected(): number {
    return this.injectedAt ?? now();
  }

  /** Marks the beginning of the fault, from which outages count; the first mark stays. */
  mark(): void {
    if (this.over) throw new Error("the drill is over");
    this.injectedAt ??= now();
  }

  /** Registers what takes a change back; before the change, so that half a change is taken back as well. */
  undoWith(what: string, act: () => Promise<unknown>): void {
    if (this.over) throw new Error("the drill is over");
    this.undoings.push({ what, act });
  }

  /**
   * Takes everything back, the last change first, every one even if another fails; tells what failed. From then on
   * a drill that took too long can do no more harm.
   */
  async undo(): Promise<string[]> {
    this.over = true;
    const failed: string[] = [];
    for (const { what, act } of this.undoings.reverse().splice(0)) {
      try {
        await act();
      } catch (error) {
        failed.push(`${what}: ${(error as Error).message}`);
      }
    }
    return failed;
  }

  /** Registers what is measured once everything is undone and healthy. */
  afterUndo(act: () => Promise<void>): void {
    this.later.push(act);
  }

  async measureLater(): Promise<void> {
    for (const act of this.later) await act();
  }

  async wait(seconds: number): Promise<void> {
    await sleep(seconds);
  }

  /** Seconds until a condition holds; undefined when it does not within the limit. */
  async until(limit: number, holds: () => Promise<boolean>): Promise<number | undefined> {
    const start = now();
    while (now() - start < limit * 1000) {
      if (await holds().catch(() => false)) return (now() - start) / 1000;
      await sleep(0.3);
    }
    return undefined;
  }

  /** Cuts the power of hosts, which are on again at the end. */
  async cutPower(...hosts: string[]): Promise<void> {
    hosts.forEach((host) => this.off.add(host));
    this.undoWith(`power on ${hosts.join(", ")}`, () => this.hosts.powerOn(hosts));
    this.mark();
    await this.hosts.cutPower(hosts);
  }

  /** Stops a unit, which runs again at the end. */
  async stopUnit(host: string, unit: string): Promise<void> {
    this.undoWith(`start ${unit} on ${host}`, () => this.hosts.exec(host, `systemctl start ${unit}`, 60));
    this.mark();
    await this.hosts.exec(host, `systemctl stop ${unit}`);
  }

  /** Kills a program on a host, without a word. */
  async killProgram(host: string, program: string): Promise<void> {
    const pids = await this.pids(host, program);
    this.mark();
    await this.hosts.exec(host, `kill -KILL ${pids}`);
  }

  /** Makes a program on a host hang until the end. */
  async hang(host: string, program: string): Promise<void> {
    const pids = await this.pids(host, program);
    this.undoWith(`let ${program} on ${host} go on`, () =>
      this.hosts.exec(host, `kill -CONT ${pids} 2>/dev/null || true`),
    );
    this.mark();
    await this.hosts.exec(host, `kill -STOP ${pids}`);
  }

  /** Puts lines of a chain before all others on a host until the end: `input ip protocol 112 drop`. */
  async filter(host: string, rules: { hook: "input" | "output"; match: string }[]): Promise<void> {
    const chains = rules.map(
      ({ hook, match }, index) =>
        `chain drill${index} { type filter hook ${hook} priority -500; policy accept; ${match} drop; }`,
    );
    const table = `table ip drill {\n${chains.join("\n")}\n}`;
    this.undoWith(`remove the filter on ${host}`, () => this.hosts.exec(host, "nft delete table ip drill"));
    this.mark();
    await this.hosts.exec(host, `nft -f - <<'END'\n${table}\nEND`);
  }

  private async pids(host: string, program: string): Promise<string> {
    return (await this.hosts.exec(host, `pgrep -x '${program}'`)).split("\n").join(" ");
  }
}
