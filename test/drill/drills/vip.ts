/** D01–D05: what happens to the host that holds the virtual IP, and to what holds it there. */
import { type Criterion, type Drill, Unit } from "../drill";
import { failed, keptOutage, outage, outageAfterUndo, stall } from "../figures";
import { longestShared, moves, settledAfter } from "../holders";
import { figure, holds } from "./expect";

export const awayFor = (atMost: number): Criterion => ({
  what: "longest gap, new connections",
  unit: Unit.Seconds,
  of: outage,
  atMost,
  timed: true,
});

/** What it costs that a host is on again. */
export const awayOnReturn: Criterion = {
  what: "longest gap once it is undone, new connections",
  unit: Unit.Seconds,
  of: outageAfterUndo,
  atMost: 2,
  timed: true,
};

export const keptAwayFor = (atMost: number): Criterion => ({
  what: "longest gap, one kept connection",
  unit: Unit.Seconds,
  of: keptOutage,
  atMost,
  timed: true,
});

export const failedAtMost = (atMost: number): Criterion => ({
  what: "failed new connections",
  unit: Unit.Count,
  of: failed,
  atMost,
  timed: true,
});

const oneHolderWithin = (atMost: number): Criterion => ({
  what: "exactly one holder after",
  unit: Unit.Seconds,
  of: ({ holders, injected }) => inSeconds(settledAfter(holders, injected)),
  atMost,
  timed: true,
});

const sharedAtMost = (atMost: number): Criterion => ({
  what: "longest time with more than one holder",
  unit: Unit.Seconds,
  of: ({ holders, injected }) => (holders.length === 0 ? undefined : longestShared(holders, injected) / 1000),
  atMost,
  timed: true,
});

const movesAre = (atMost: number, atLeast?: number): Criterion => ({
  what: "moves of the virtual IP, coming back included",
  unit: Unit.Count,
  of: ({ holders, injected }) => (holders.length === 0 ? undefined : moves(holders, injected)),
  atMost,
  ...(atLeast !== undefined && { atLeast }),
});

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

const isActive = (unit: string) => `systemctl is-active --quiet ${unit}`;

const haproxyFault = (name: string, how: string, injection: string, act: Drill["act"], atLeast?: number): Drill => ({
  name,
  title: `HAProxy ${how} on the holder of the virtual IP`,
  injection,
  limit: 90,
  act,
  criteria: [awayFor(5), oneHolderWithin(5), movesAre(1, atLeast)],
});

export const vipDrills: Drill[] = [
  {
    name: "D01",
    title: "power cut of the holder of the virtual IP",
    injection: "cable out, then docker kill of its host; on again after 30 s",
    limit: 60,
    act: async (scene) => {
      await scene.cutPower(await scene.hosts.holder());
      await scene.wait(30);
    },
    criteria: [awayFor(2), keptAwayFor(8), awayOnReturn, movesAre(1, 1), sharedAtMost(1)],
  },
  {
    name: "D02",
    title: "keepalived ends gracefully on the holder",
    injection: "systemctl stop keepalived, started again after 15 s",
    limit: 60,
    act: async (scene) => {
      await scene.stopUnit(await scene.hosts.holder(), "keepalived");
      await scene.wait(15);
    },
    criteria: [awayFor(0.2), failedAtMost(1), movesAre(1, 1), sharedAtMost(1)],
  },
  {
    name: "D03",
    title: "keepalived is killed on the holder",
    injection: "kill -9 of its processes; systemd starts it again",
    limit: 90,
    act: async (scene) => {
      const holder = await scene.hosts.holder();
      await scene.killProgram(holder, "keepalived");
      const { hosts, figures } = scene;
      figures.restarted = await scene.until(20, async () => (await hosts.exec(holder, isActive("keepalived"))) === "");
      await scene.wait(15);
    },
    criteria: [
      { what: "keepalived runs again after", unit: Unit.Seconds, of: figure("restarted"), atMost: 20 },
      oneHolderWithin(10),
      awayFor(4),
    ],
  },
  haproxyFault(
    "D04a",
    "ends",
    "systemctl stop haproxy, started again after 20 s",
    async (scene) => {
      await scene.stopUnit(await scene.hosts.holder(), "haproxy");
      await scene.wait(20);
    },
    1,
  ),
  haproxyFault("D04b", "is killed", "kill -9 of its processes; systemd starts it again", async (scene) => {
    await scene.killProgram(await scene.hosts.holder(), "haproxy");
    await scene.wait(20);
  }),
  haproxyFault(
    "D04c",
    "hangs",
    "SIGSTOP of its processes, SIGCONT after 20 s",
    async (scene) => {
      await scene.hang(await scene.hosts.holder(), "haproxy");
      await scene.wait(20);
    },
    1,
  ),
  {
    name: "D05",
    title: "HAProxy is to reload a broken configuration on the holder",
    injection: "a line that HAProxy does not know, systemctl reload haproxy; the file is put back after 10 s",
    limit: 60,
    act: async (scene) => {
      const { hosts, figures } = scene;
      const holder = await hosts.holder();
      const file = "/etc/haproxy/haproxy.cfg";
      const before = await hosts.exec(holder, "systemctl show -p MainPID --value haproxy");
      scene.undoWith("put haproxy.cfg back", () =>
        hosts.exec(holder, `mv ${file}.drill ${file} && systemctl reload haproxy`),
      );
      await hosts.exec(holder, `cp -p ${file} ${file}.drill`);
      scene.mark();
      const reload = `printf 'no-such-word\\n' >>${file}; systemctl reload haproxy && echo taken || echo refused`;
      figures.refused = (await hosts.exec(holder, reload)) === "refused" ? 1 : 0;
      await scene.wait(10);
      const after = await hosts.tryExec(holder, "systemctl show -p MainPID --value haproxy");
      figures.sameProcess = after === before ? 1 : 0;
    },
    criteria: [
      holds("the reload is refused", "refused"),
      holds("the old process serves on", "sameProcess"),
      { what: "failed new connections", unit: Unit.Count, of: failed, atMost: 0 },
      { what: "slowest new connection", unit: Unit.Seconds, of: stall, atMost: 1.1, timed: true },
    ],
  },
];
