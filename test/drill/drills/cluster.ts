/** D20–D22: the power of all hosts, and the network that the virtual IP lives on. */
import { type Drill, Position, Unit } from "../drill";
import { backAfterUndo } from "../figures";
import { settledAfter } from "../holders";
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
      await scene.wait(10);
    },
    criteria: [
      { what: "API back after power on", unit: Unit.Seconds, of: backAfterUndo, atMost: 300 },
      {
        what: "virtual IP held before the first API server answers",
        unit: Unit.Count,
        of: ({ holders, fresh, undone }) => {
          const held = holders.find(({ at, holds }) => holds && at > undone)?.at;
          const answered = fresh.find(
            ({ ended, error, sent }) => error === undefined && sent > undone && ended > undone,
          );
          return held !== undefined && answered !== undefined && held < answered.ended ? 1 : 0;
        },
        atLeast: 1,
        atMost: 1,
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
