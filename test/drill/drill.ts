/** What a drill is: a fault, how it is made, and what must hold while it lasts and after it. */
import type { Attempt } from "../load/gaps";
import type { LoadReport } from "../load/load";
import type { HolderSample } from "./holders";
import type { Scene } from "./scene";

/** What a criterion's number counts. */
export enum Unit {
  Seconds = "s",
  Percent = "%",
  Count = "",
}

/** One thing that must hold: a number within its limits. A number that nobody could measure is a failure. */
export interface Criterion {
  /** `API away for a worker's new connections`. */
  what: string;
  unit: Unit;
  of: (seen: Seen) => number | undefined;
  atMost?: number;
  atLeast?: number;
  /** Says something about the speed of the machine as well: not judged where the machine is shared. */
  timed?: boolean;
}

/** Nodes that the API called not ready at one moment. */
export interface NotReady {
  /** Milliseconds since 1970. */
  at: number;
  nodes: string[];
}

/** Everything that the instruments saw of one drill. Times are milliseconds since 1970. */
export interface Seen {
  /** When the fault began. */
  injected: number;
  /** When its undoing began. */
  undone: number;
  /** A new connection for every question, at 10 Hz, each waited for up to 5 s. */
  fresh: Attempt[];
  /** All questions on one kept connection, at 10 Hz, each waited for up to 1 s. */
  kept: Attempt[];
  /** The longest time that the prober itself did not run. */
  stalledMs: number;
  /** Seen from this machine; absent where a drill takes the whole cluster away. */
  load: LoadReport | undefined;
  holders: HolderSample[];
  notReady: NotReady[];
  /** Hosts that the drill itself took away. */
  off: string[];
  /** Seconds from the end of the undoing until everything was healthy; undefined: never. */
  healedS: number | undefined;
  /** etcd's hash of the data at one revision, by member. */
  hashes: Record<string, string>;
  /** What the drill itself measured. */
  figures: Record<string, number | undefined>;
}

/** Where the API is asked from. */
export enum Position {
  /** The network of a worker. */
  Worker = "a worker",
  /** This machine: for drills in which that worker is away. */
  Machine = "this machine",
}

/** One fault; the instruments, the undoing and the judgement are the same for all. */
export interface Drill {
  /** `D01`, `D04b`. */
  name: string;
  title: string;
  /** How the fault is made. */
  injection: string;
  /** Seconds for `act`. */
  limit: number;
  /** Makes the fault and waits as long as it is to last. What it changes it has the scene undo. */
  act: (scene: Scene) => Promise<void>;
  /** Beside those that hold for all. */
  criteria: Criterion[];
  /** Default: a worker. */
  from?: Position;
  /** Seconds until all is healthy again. Default 180. */
  heal?: number;
  /** Nodes that may be not ready: a drill that takes hosts away for longer than a node's grace. Default 0. */
  mayBeNotReady?: number;
  /** The cluster is taken away as a whole, and nothing can be measured meanwhile. */
  unmeasured?: boolean;
}
