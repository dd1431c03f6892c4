/** D09 and D11–D13: etcd members that hang, die, lose their power or their network. */
import { type Criterion, type Drill, Unit } from "../drill";
import { backAfterUndo, failed, failedWhileItLasts, watchesCut, writesAway } from "../figures";
import type { Scene } from "../scene";
import { disturbedAtMost, stallAtMost } from "./api";
import { figure } from "./expect";
import { awayFor, keptAwayFor } from "./vip";

export const writesBackWithin = (atMost: number): Criterion => ({
  what: "longest time without a write",
  unit: Unit.Seconds,
  of: writesAway,
  atMost,
  timed: true,
});

const CLIENTS_AND_PEERS = "tcp dport { 2379, 2380 }";
const FROM_CLIENTS_AND_PEERS = "tcp sport { 2379, 2380 }";

/** How often each API server's container was started again, by control plane. */
async function apiServerRestarts(scene: Scene): Promise<number> {
  const selection = ["pods", "-l", "component=kube-apiserver", "-o"];
  const template = "jsonpath={.items[*].status.containerStatuses[0].restartCount}";
  const counts = await scene.lab.kubectl("-n", "kube-system", "get", ...selection, template);
  return counts.split(" ").reduce((sum, count) => sum + Number(count), 0);
}

/** Seconds until every member has the same data at the same revision. */
export async function rejoined(scene: Scene): Promise<number | undefined> {
  const { members } = scene.hosts;
  return scene.until(120, async () => {
    const hashes = Object.values(await scene.etcd.hashes());
    return hashes.length === members.length && new Set(hashes).size === 1;
  });
}

export const etcdDrills: Drill[] = [
  {
    name: "D09",
    title: "etcd has no majority for 20 s",
    injection: "SIGSTOP of two of three etcd, SIGCONT after 20 s",
    limit: 120,
    act: async (scene) => {
      const before = await apiServerRestarts(scene);
      const [first, second] = scene.hosts.members;
      await scene.hang(first!, "etcd");
      await scene.hang(second!, "etcd");
      await scene.wait(20);
      scene.afterUndo(async () => {
        // The pods' records follow their containers by a moment.
        await scene.wait(20);
        scene.figures.restarts = (await apiServerRestarts(scene)) - before;
      });
    },
    criteria: [
      {
        what: "API back after they go on",
        unit: Unit.Seconds,
        of: backAfterUndo,
        atMost: 5,
        timed: true,
      },
      { what: "watches that were cut", unit: Unit.Count, of: watchesCut, atMost: 0 },
      { what: "API servers started again", unit: Unit.Count, of: figure("restarts"), atMost: 0 },
    ],
  },
  {
    name: "D11",
    title: "an etcd follower crashes",
    injection: "kill -9 of etcd on a member that does not lead",
    limit: 180,
    act: async (scene) => {
      await scene.killProgram(await scene.etcd.follower(), "etcd");
      scene.figures.rejoined = await rejoined(scene);
      await scene.wait(5);
    },
    criteria: [
      stallAtMost(1),
      { what: "failed new connections", unit: Unit.Count, of: failed, atMost: 0, timed: true },
      {
        what: "all members at one revision with one hash after",
        unit: Unit.Seconds,
        of: figure("rejoined"),
        atMost: 60,
      },
    ],
  },
  {
    name: "D12a",
    title: "the etcd leader crashes",
    injection: "kill -9 of etcd on the leader",
    limit: 180,
    act: async (scene) => {
      await scene.killProgram(await scene.etcd.leader(), "etcd");
      scene.figures.rejoined = await rejoined(scene);
      await scene.wait(5);
    },
    criteria: [
      writesBackWithin(3),
      {
        what: "all members at one revision with one hash after",
        unit: Unit.Seconds,
        of: figure("rejoined"),
        atMost: 60,
      },
    ],
  },
  {
    name: "D12b",
    title: "power cut of the etcd leader",
    injection: "cable out, then docker kill of its host; on again after 30 s",
    limit: 60,
    act: async (scene) => {
      await scene.cutPower(await scene.etcd.leader());
      await scene.wait(30);
    },
    criteria: [writesBackWithin(15)],
  },
  {
    name: "D13",
    title: "the etcd leader is cut off from the others for five minutes",
    injection: "nft drops TCP 2379 and 2380 between it and all others",
    limit: 400,
    act: async (scene) => {
      const leader = await scene.etcd.leader();
      await scene.filter(leader, [
        { hook: "input", match: `iifname != "lo" ${CLIENTS_AND_PEERS}` },
        { hook: "input", match: `iifname != "lo" ${FROM_CLIENTS_AND_PEERS}` },
        { hook: "output", match: `oifname != "lo" ${CLIENTS_AND_PEERS}` },
        { hook: "output", match: `oifname != "lo" ${FROM_CLIENTS_AND_PEERS}` },
      ]);
      await scene.wait(300);
    },
    criteria: [
      writesBackWithin(3),
      awayFor(3),
      keptAwayFor(6),
      // Its API server is out by then, and the others serve for all the time that is left.
      disturbedAtMost(6),
      {
        what: "failed new connections of all while it is cut off",
        unit: Unit.Percent,
        of: failedWhileItLasts,
        atMost: 1,
        timed: true,
      },
    ],
  },
];
