/** D06–D08 and D10: API servers that die, hang or go, and streams that are idle. */
import { type Criterion, type Drill, Unit } from "../drill";
import { disturbedFor, failedShare, stall, streamsBroken } from "../figures";
import { Proxy } from "../proxy";
import { figure, holds, within } from "./expect";
import { idleStreams } from "./idle";
import { victim } from "./victim";
import { awayOnReturn, keptAwayFor } from "./vip";

export const stallAtMost = (atMost: number): Criterion => ({
  what: "slowest new connection",
  unit: Unit.Seconds,
  of: stall,
  atMost,
  timed: true,
});

export const disturbedAtMost = (atMost: number): Criterion => ({
  what: "new connections held up or failed until",
  unit: Unit.Seconds,
  of: disturbedFor,
  atMost,
  timed: true,
});

const failedPercent: Criterion = {
  what: "failed new connections of the first 30 s",
  unit: Unit.Percent,
  of: failedShare,
  atMost: 1,
  timed: true,
};

/** Otherwise criteria of these two say nothing. */
const carriesStreams = holds("the watch and the kept connection are on it", "carried");

const lastBreakOfWatch = (atMost: number): Criterion => ({
  what: "last break of the watch",
  unit: Unit.Seconds,
  of: streamsBroken,
  atMost,
  timed: true,
});

export const apiDrills: Drill[] = [
  {
    name: "D06",
    title: "an API server crashes",
    injection: "kill -9 of kube-apiserver on a control plane that does not hold the virtual IP",
    limit: 180,
    act: async (scene) => {
      const { hosts, figures } = scene;
      const host = await victim(scene);
      const proxy = new Proxy(hosts, await hosts.holder());
      await scene.killProgram(host, "kube-apiserver");
      const [back] = await Promise.all([proxy.leadsAgain(host, 90), scene.wait(30)]);
      figures.backend = back;
    },
    criteria: [
      failedPercent,
      stallAtMost(1.1),
      disturbedAtMost(6),
      // Two checks, of which the first comes within a second.
      { ...within("HAProxy leads there again after it is ready", "backend", 2.5), timed: true },
    ],
  },
  {
    name: "D07",
    title: "an API server hangs",
    injection:
      "SIGSTOP of kube-apiserver on a control plane that does not hold the virtual IP and has the watch and the kept connection, SIGCONT after 60 s",
    limit: 180,
    act: async (scene) => {
      await scene.hang(await victim(scene), "kube-apiserver");
      await scene.wait(60);
    },
    criteria: [carriesStreams, disturbedAtMost(12), keptAwayFor(12), lastBreakOfWatch(12)],
  },
  {
    name: "D08",
    title: "power cut of a control plane that does not hold the virtual IP",
    injection:
      "cable out, then docker kill of the host that has the watch and the kept connection; on again after 30 s",
    limit: 120,
    act: async (scene) => {
      await scene.cutPower(await victim(scene));
      await scene.wait(30);
    },
    criteria: [
      carriesStreams,
      failedPercent,
      stallAtMost(1.1),
      disturbedAtMost(6),
      keptAwayFor(8),
      awayOnReturn,
      lastBreakOfWatch(8),
    ],
  },
  {
    name: "D10",
    title: "`kubectl logs -f` and `kubectl exec` without a byte for half an hour",
    injection: "none: both are left alone for 30 minutes (--idle-minutes), then used",
    limit: 7200,
    act: idleStreams,
    criteria: [
      holds("exec still connected", "exec"),
      holds("logs -f still connected", "logs"),
      { what: "minutes idle", unit: Unit.Count, of: figure("minutes"), atLeast: 1 },
    ],
  },
];
