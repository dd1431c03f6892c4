/** D20–D22: the power of all hosts, and the network that the virtual IP lives on. */
import { sleep } from "../../../lab/sh";
import { Api, ApiError } from "../../load/api";
import { now } from "../../load/clock";
import { type Drill, Position, type Seen, Unit } from "../drill";
import { backAfterUndo } from "../figures";
import { heldAfter, settledAfter, sharedAfter } from "../holders";
import type { Scene } from "../scene";
import { figure, holds } from "./expect";
import { awayFor, failedAtMost } from "./vip";

const VRRP = "ip protocol 112";

const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);

const partition = (name: string, title: string, injection: string, hooks: ("input" | "output")[]): Drill => ({
  name,
  title,
  injection,
  limit: 90,
  act: async (scene) => {
    const host = await scene.hosts.backup();
    await scene.filter(
      host,
      hooks.map((hook) => ({ hook, match: VRRP })),
    );
    await scene.wait(30);
    scene.figures.holders = (await scene.hosts.holders()).length;
  },
  criteria: [
    // Otherwise nothing was cut, and the drill shows nothing.
    { what: "holders while it is cut off", unit: Unit.Count, of: figure("holders"), atLeast: 2, atMost: 2 },
    {
      what: "two holders seen by who asks every control plane after",
      unit: Unit.Seconds,
      of: ({ holders, injected }) => inSeconds(sharedAfter(holders, injected)),
      atMost: 30,
    },
    {
      what: "one holder after the network is whole",
      unit: Unit.Seconds,
      of: ({ holders, undone }) => inSeconds(settledAfter(holders, undone)),
      atMost: 5,
      timed: true,
    },
    awayFor(10),
  ],
});

/** Adverts of the highest priority from a host that is nobody's peer, by unicast to all and by multicast. */
const rogue = (routerId: number, vip: string, peers: string[]): string => `
import socket, struct, time
vip = socket.inet_aton(${JSON.stringify(vip)})
body = struct.pack('!BBBBBBH', 0x21, ${routerId}, 255, 1, 0, 1, 0) + vip + bytes(8)
total = sum(struct.unpack('!%dH' % (len(body) // 2), body))
while total >> 16: total = (total & 0xffff) + (total >> 16)
body = body[:6] + struct.pack('!H', ~total & 0xffff) + body[8:]
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
out.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
for _ in range(200):
    for peer in ${JSON.stringify([...peers, "224.0.0.18"])}: out.sendto(body, (peer, 0))
    time.sleep(0.1)
print('sent')
`;

const ANSWER_LIMIT_S = 600;

/** Asks every API server by its own address until one answers, and notes the seconds from the fault to that answer. */
function noteFirstAnswer(scene: Scene): void {
  const { hosts, api, figures } = scene;
  const end = now() + ANSWER_LIMIT_S * 1000;
  const follow = async (host: string) => {
    const own = new Api({ ...api.access, host: hosts.address(host), port: 6443 }, 1000);
    while (figures.answered === undefined && now() < end) {
      if (await answers(own)) figures.answered ??= (now() - scene.injected) / 1000;
      await sleep(0.1);
    }
    own.close();
  };
  const followed = Promise.all(hosts.controlPlanes.map(follow));
  scene.afterUndo(async () => void (await followed));
}

/** An API server that refuses, or is not ready yet, has answered. */
function answers(api: Api): Promise<boolean> {
  return api.text("GET", "/readyz").then(
    () => true,
    (error: unknown) => error instanceof ApiError,
  );
}

/** Seconds between the first holder of the address after the power came back and the first API server's answer. */
function heldBeforeAnswer({ holders, injected, undone, figures }: Seen): number | undefined {
  const held = heldAfter(holders, undone);
  if (held === undefined || figures.answered === undefined) return undefined;
  return figures.answered - (undone - injected + held) / 1000;
}

export const clusterDrills: Drill[] = [
  {
    name: "D20",
    title: "power cut of the whole cluster",
    injection: "every cable out, then docker kill of every host at once; all on again after 10 s",
    limit: 120,
    heal: 300,
    // After the cut the API tells of the nodes what it knew before, then what it has not heard yet.
    mayBeNotReady: 5,
    from: Position.Machine,
    act: async (scene) => {
      await scene.cutPower(...scene.hosts.all);
      noteFirstAnswer(scene);
      await scene.wait(10);
    },
    criteria: [
      { what: "API back after power on", unit: Unit.Seconds, of: backAfterUndo, atMost: 300 },
      {
        what: "virtual IP held before the first API server answers by its own address, by",
        unit: Unit.Seconds,
        of: heldBeforeAnswer,
        atLeast: 0,
      },
    ],
  },
  partition("D21a", "a backup hears and sends no VRRP", "nft drops protocol 112 both ways for 30 s", [
    "input",
    "output",
  ]),
  partition("D21b", "a backup hears no VRRP but sends it", "nft drops incoming protocol 112 for 30 s", ["input"]),
  {
    name: "D22",
    title: "a stranger on the network sends VRRP for our router id",
    injection: "adverts of priority 255 from the lab's mirror host, unicast and multicast, for 20 s",
    limit: 60,
    act: async (scene) => {
      const { hosts } = scene;
      const { vip, routerId } = scene.lab.configuration("api") as { vip: string; routerId: number };
      const peers = hosts.controlPlanes.map((host) => hosts.address(host));
      const before = await hosts.holder();
      scene.mark();
      const said = await hosts.exec("mirror", `python3 - <<'END'\n${rogue(routerId, vip, peers)}\nEND`, 50);
      scene.figures.sent = said === "sent" ? 1 : 0;
      scene.figures.sameHolder = (await hosts.holders()).join() === before ? 1 : 0;
    },
    criteria: [holds("the adverts were sent", "sent"), holds("the holder is the same", "sameHolder"), failedAtMost(0)],
  },
];
