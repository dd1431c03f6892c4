/** Cluster descriptions of any shape that the real parser accepts, for property tests. */
import fc from "fast-check";

import type { ClusterSpec } from "../components/spec/types";
import { devConfig, specOf } from "./fixtures";

const ends = fc.constantFrom(..."abcxyz0189");
const hostName = fc
  .tuple(fc.constantFrom(..."abcxyz"), fc.string({ unit: fc.constantFrom(..."az09-"), maxLength: 20 }), ends)
  .map((parts) => parts.join(""));

const port = fc.integer({ min: 7000, max: 9400 });

/** One to five control planes with etcd on three or fewer of them, up to four workers, any names, ports and router. */
export const clusterSpecs: fc.Arbitrary<ClusterSpec> = fc
  .record({
    names: fc.uniqueArray(hostName, { minLength: 9, maxLength: 9 }),
    addresses: fc.uniqueArray(fc.integer({ min: 11, max: 250 }), { minLength: 9, maxLength: 9 }),
    controlPlanes: fc.integer({ min: 1, max: 5 }),
    workers: fc.integer({ min: 0, max: 4 }),
    port,
    routerId: fc.integer({ min: 1, max: 255 }),
    dnsName: fc.option(fc.constant("api.example"), { nil: undefined }),
  })
  .map(({ names, addresses, controlPlanes, workers, port, routerId, dnsName }) => {
    const members = controlPlanes >= 3 ? 3 : 1;
    const host = (index: number, roles: string[]) => ({
      name: names[index]!,
      ip: `10.77.0.${addresses[index]!}`,
      roles,
    });
    const hosts = [
      ...Array.from({ length: controlPlanes }, (_, index) =>
        host(index, ["control-plane", ...(index < members ? ["etcd"] : [])]),
      ),
      ...Array.from({ length: workers }, (_, index) => host(5 + index, ["worker"])),
    ];
    const api = { vip: "10.77.0.10", port, routerId, ...(dnsName && { dnsName }) };
    return specOf(devConfig({ hosts, api, allowNonHa: true }));
  });
