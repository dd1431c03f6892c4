/** Every remote command of a run: which step on which host, and whether it will do something there. Pure. */

/** What a remote command is for, in the order in which steps come in one run. */
export enum Step {
  Claim = "claim",
  Prepare = "prepare",
  Images = "images",
  EtcdStart = "start",
  EtcdHealthy = "healthy",
  Stage = "stage",
  Snapshot = "snapshot",
  Handover = "handover",
  Drain = "drain",
  Stop = "api-server-stop",
  Member = "member",
  Vip = "vip",
  Forget = "forget",
  Join = "join",
  ControlPlanes = "control-planes",
  ControlPlane = "control-plane",
  Settings = "settings",
  Kubelet = "kubelet",
  Workers = "workers",
  Labels = "labels",
  Ready = "ready",
  GiveBack = "give-back",
}

/** What this run does with a command. */
export enum Change {
  /** Neither the configuration nor the host gives a reason to run it. */
  None = "none",
  /** The last complete update knew no such command. */
  New = "new",
  /** The configuration gives it another text than the last complete update did. */
  Edited = "edited",
  /** The configuration is the same, and the host is not as the command left it. */
  Repair = "repair",
}

/** Stands on the host for the hash of a command while it runs, and after a run that did not end well (lib.sh). */
export const UNFINISHED = "unfinished";

export interface DeclaredCommand {
  /** Of the resource, `prod-cp1-vip`. */
  name: string;
  /** Name of the host it runs on. */
  host: string;
  step: Step;
  change: Change;
  /** For a repair, what differs: `/etc/haproxy/haproxy.cfg was changed`. */
  reasons: string[];
  /** Hash of its text without the line that names a repair. */
  input: string;
  /** The line that names the last repair, as it stands in the text; empty when there never was one. */
  repair: string;
}
