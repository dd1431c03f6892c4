/** What a preview tells people: the cluster as it is, as it will be, and the steps between. Plain JSON data. */
import type { Step } from "../host/commands";

/** Of the JSON document; another number is another shape. */
export const PLAN_FORMAT = 2;

/** What kind of step it is for those who watch. */
export enum StepKind {
  /** Something comes into being. */
  Build = "build",
  /** What runs gets another version or other settings. */
  Change = "change",
  /** A host is not as it was left, and is put right. */
  Repair = "repair",
  /** New to the program's record only: the scripts find everything as wanted. */
  Verify = "verify",
  /** A host leaves the cluster. */
  Remove = "remove",
}

export interface PlanStep {
  /** From 1 on, in the order in which they come. */
  number: number;
  kind: StepKind;
  /** Steps of the program that it stands for; several only for what is verified after a build. */
  steps: Step[];
  /** In the order of their turns. */
  hosts: string[];
  /** Hosts of one entry may go side by side; each entry waits for the one before it. */
  turns: string[][];
  /** `static pods v1.35.4 → v1.36.3`. */
  action: string;
  /** What else one wants to know: `leadership moves to cp3 first`. */
  notes: string[];
  /** Programs that end and start again: `etcd`, `kube-apiserver`. */
  restarts: string[];
  /** Pods are moved to other nodes first. */
  drains: boolean;
  /** What clients of the API notice; empty when the step has nothing to do with it. */
  apiImpact: string;
  /** Of a repair: `/etc/haproxy/haproxy.cfg was changed`. */
  reasons: string[];
  /** Names of the resources. */
  commands: string[];
}

export interface VersionChange {
  /** `Kubernetes`, `etcd`, `containerd`. */
  component: string;
  /** Every version that runs or, if nobody was asked, that was last applied; oldest first; none before a build. */
  now: string[];
  wanted: string;
}

/** What a member is to its etcd cluster now. */
export enum MemberState {
  Leader = "leader",
  Member = "member",
  Learner = "learner",
}

export interface PlanHost {
  name: string;
  ip: string;
  roles: string[];
  /** Out of service by the operator's word, and left alone. */
  maintenance: boolean;
  /** Undefined when nobody was asked. */
  reachable: boolean | undefined;
  /** Versions that run, `kubelet` → `v1.35.4`; nothing for what does not run or is not known. */
  runs: Record<string, string>;
  /** Of its Node; undefined when there is none or nobody knows. */
  ready: boolean | undefined;
  member: MemberState | undefined;
  holdsVip: boolean;
  /** What is wrong with it, each short. */
  problems: string[];
  /** Its certificate that ends first. */
  expires: Expiry | undefined;
  /** Numbers of the steps that it takes part in. */
  steps: number[];
}

export interface Expiry {
  /** `API server certificate`. */
  what: string;
  /** Those whose certificate of this kind ends first. */
  hosts: string[];
  /** ISO 8601. */
  when: string;
  /** Whole days from now; negative when it is over. */
  days: number;
  /** Within the time in which an update renews it. */
  due: boolean;
}

/** What the engine plans for resources that are no remote commands. */
export interface OtherChange {
  /** `create`, `update`, `replace`, `delete`. */
  op: string;
  /** `kubernetes:apps/v1:DaemonSet`. */
  type: string;
  name: string;
  /** Paths of the inputs that differ. */
  differs: string[];
}

export interface Plan {
  format: typeof PLAN_FORMAT;
  cluster: string;
  /** When it was made, ISO 8601. */
  made: string;
  /** `https://192.0.2.10:8443`. */
  endpoint: string;
  /** The hosts were asked. */
  observed: boolean;
  /** There was no cluster before. */
  build: boolean;
  versions: VersionChange[];
  counts: { controlPlanes: number; members: number; workers: number };
  /** What is wrong with the cluster now, each with its host. */
  problems: string[];
  /** ISO 8601; undefined when not known. */
  lastSnapshot: string | undefined;
  hosts: PlanHost[];
  /** Names of hosts that the configuration lists as lost. */
  lost: string[];
  steps: PlanStep[];
  expires: Expiry[];
  warnings: string[];
  /** Added by `npm run plan`, which sees the engine's own plan; undefined before. */
  others: OtherChange[] | undefined;
}
