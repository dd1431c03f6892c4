/** Runs drills on a lab's cluster, one after the other, each judged and each followed by a healthy cluster. */
import { loadavg } from "node:os";

import { sleep } from "../../lab/sh";
import type { Lab } from "../lab/lab";
import { accessOf } from "../load/access";
import { Api } from "../load/api";
import { now } from "../load/clock";
import { type Drill, Position, type Seen } from "./drill";
import { Etcd } from "./etcd";
import { healthyWithin, wrongs } from "./health";
import { Hosts } from "./hosts";
import { BLIND, watchCluster } from "./instruments";
import { judge, type Verdict } from "./judge";
import { Scene } from "./scene";

export interface Result {
  drill: string;
  title: string;
  /** Every criterion holds, and the drill itself ran to its end. */
  pass: boolean;
  verdicts: Verdict[];
  /** What the drill itself or its undoing failed with. */
  errors: string[];
  /** Load average of the last minute, before and after: figures of a busy machine are worse than the product. */
  load: [number, number];
  /** Whether the cluster is healthy after it. */
  healthy: boolean;
  seen: Seen | undefined;
}

export interface RunOptions {
  /** Default 30. */
  idleMinutes?: number;
  /** Sees each result as it comes. */
  onResult?: (result: Result) => void;
  /** Sees the name of each drill before it begins. */
  onBegin?: (drill: Drill) => void;
}

/** Seconds of measurement before the fault and after the recovery. */
const MARGIN_S = 5;
const HEALTHY_BEFORE_S = 120;
const IDLE_MINUTES = 30;

/** Runs drills in turn. One that leaves the cluster broken is followed by an `up`; if that mends nothing, by no other. */
export function runDrills(lab: Lab, drills: Drill[], options: RunOptions = {}): Promise<Result[]> {
  const run = (drill: Drill) => runDrill(lab, drill, options);
  return inTurn(drills, run, (drill) => mended(lab, drill), options);
}

/** The order of things, whatever a drill and the mending of what it left are. */
export async function inTurn(
  drills: Drill[],
  run: (drill: Drill) => Promise<Result>,
  mend: (drill: Drill) => Promise<boolean>,
  options: RunOptions = {},
): Promise<Result[]> {
  const results: Result[] = [];
  for (const drill of drills) {
    options.onBegin?.(drill);
    const result = await run(drill);
    results.push(result);
    options.onResult?.(result);
    const isLast = results.length === drills.length;
    if (!result.healthy && !isLast && !(await mend(drill))) break;
  }
  return results;
}

/** Whether the cluster that a drill left broken is healthy once its hosts are on and an `up` has run. */
async function mended(lab: Lab, drill: Drill): Promise<boolean> {
  console.log(`\n${drill.name} left the cluster broken: up, and another look`);
  const run = new Run(lab, drill, IDLE_MINUTES);
  try {
    await lab.lab("up");
    const { code, stdout } = await lab.pulumi("up", "--yes", "--skip-preview", "--non-interactive");
    if (code !== 0) console.log(stdout.slice(-2000));
    await run.reach();
    return (await run.healed()) !== undefined;
  } catch (error) {
    console.log(`  ${(error as Error).message}`);
    return false;
  } finally {
    run.end();
  }
}

async function runDrill(lab: Lab, drill: Drill, { idleMinutes = IDLE_MINUTES }: RunOptions): Promise<Result> {
  const before = loadavg()[0]!;
  const run = new Run(lab, drill, idleMinutes);
  const result = { drill: drill.name, title: drill.title };
  try {
    await run.begin();
    const seen = await run.measured();
    const verdicts = judge(drill, seen);
    const pass = run.errors.length === 0 && verdicts.every((verdict) => verdict.pass);
    const load: [number, number] = [before, loadavg()[0]!];
    return { ...result, pass, verdicts, errors: run.errors, load, healthy: seen.healedS !== undefined, seen };
  } catch (error) {
    const errors = [...run.errors, (error as Error).message];
    const healthy = (await run.healed().catch(() => undefined)) !== undefined;
    return { ...result, pass: false, verdicts: [], errors, load: [before, loadavg()[0]!], healthy, seen: undefined };
  } finally {
    run.end();
  }
}

/** One drill on its way. */
class Run {
  readonly errors: string[] = [];
  private readonly hosts: Hosts;
  private readonly etcd: Etcd;
  private kubeconfig = "";
  private api: Api | undefined;
  private scene: Scene | undefined;

  constructor(
    private readonly lab: Lab,
    private readonly drill: Drill,
    private readonly idleMinutes: number,
  ) {
    this.hosts = new Hosts(lab);
    this.etcd = new Etcd(this.hosts);
  }

  /** A fault on a cluster that is not well says nothing. */
  async begin(): Promise<void> {
    await this.reach();
    const healthy = await healthyWithin(HEALTHY_BEFORE_S, () => this.wrongs());
    if (healthy === undefined) throw new Error(`the cluster is not healthy before ${this.drill.name}`);
  }

  async measured(): Promise<Seen> {
    const { drill, hosts, etcd } = this;
    const { sources, stop } = drill.unmeasured
      ? BLIND
      : await watchCluster(hosts, drill.from ?? Position.Worker, this.kubeconfig, this.api!.access);
    const scene = new Scene({ hosts, api: this.api!, etcd, idleMinutes: this.idleMinutes, sources });
    this.scene = scene;
    await sleep(MARGIN_S);
    await this.attempt(`within ${drill.limit} s`, limited(drill.limit, drill.act(scene)));
    const undone = now();
    this.errors.push(...(await scene.undo()));
    if (drill.unmeasured) await this.reach();
    const healedS = await this.healed();
    await this.attempt("after all", scene.measureLater());
    await sleep(MARGIN_S);
    const measured = await stop([...scene.off]);
    const hashes = await this.hashes();
    const { injected, figures, off } = scene;
    return { ...measured, injected, undone, healedS, hashes, figures, off: [...off] };
  }

  /** Seconds until all is well. */
  async healed(): Promise<number | undefined> {
    if (this.scene) this.errors.push(...(await this.scene.undo()));
    return healthyWithin(Math.max(this.drill.heal ?? 0, 180) * 2, () => this.wrongs());
  }

  end(): void {
    this.api?.close();
  }

  /** The cluster's own certificates may be new after a drill that builds it again. */
  async reach(): Promise<void> {
    this.api?.close();
    this.kubeconfig = await this.lab.pulumiOk("stack", "output", "kubeconfig", "--show-secrets");
    this.api = new Api(accessOf(this.kubeconfig), 5000);
  }

  private wrongs(): Promise<string[]> {
    return wrongs(this.hosts, this.api!, this.etcd);
  }

  private async hashes(): Promise<Record<string, string>> {
    try {
      return await this.etcd.hashes();
    } catch (error) {
      this.errors.push((error as Error).message);
      return {};
    }
  }

  private async attempt(what: string, work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.errors.push(`${this.drill.name} ${what}: ${(error as Error).message}`);
    }
  }
}

/** Fails when the work is not done in time; the work itself may go on, its faults are undone all the same. */
async function limited(seconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not done in ${seconds} s`)), seconds * 1000);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
