/** Cluster descriptions of any shape that the real parser accepts, for property tests. */
import fc from "fast-check";

import { ApiBy, type ClusterSpec } from "../components/spec/types";
import { devConfig, specOf } from "./fixtures";

const ends = fc.constantFrom(..."abcxyz0189");
const hostName = fc
  .tuple(fc.constantFrom(..."abcxyz"), fc.string({ unit: fc.constantFrom(..."az09-"), maxLength: 20 }), ends)
  .map((parts) => parts.join(""));

const port = fc.integer({ min: 7000, max: 9400 });

/** One to five control planes with etcd on three or fewer of them, up to four workers, any names, ports and router. */
function specsBy(kinds: fc.Arbitrary<ApiBy>): fc.Arbitrary<ClusterSpec> {
  return fc
    .record({
      by: kinds,
      names: fc.uniqueArray(hostName, { minLength: 9, maxLength: 9 }),
      addresses: fc.uniqueArray(fc.integer({ min: 11, max: 250 }), { minLength: 9, maxLength: 9 }),
      controlPlanes: fc.integer({ min: 1, max: 5 }),
      workers: fc.integer({ min: 0, max: 4 }),
      port,
      routerId: fc.integer({ min: 1, max: 255 }),
      dnsName: fc.option(fc.constant("api.example"), { nil: undefined }),
    })
    .map(({ by, names, addresses, controlPlanes, workers, port, routerId, dnsName }) => {
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
      const address =
        by === ApiBy.LoadBalancer ? { loadBalancer: { host: "lb.example", port } } : { vip: "10.77.0.10", routerId };
      const api = { by, ...address, ...(by === ApiBy.Haproxy && { port }), ...(dnsName && { dnsName }) };
      return specOf(devConfig({ hosts, api, allowNonHa: true }));
    });
}

/** Clusters of any shape with a virtual IP and HAProxy. */
export const clusterSpecs = specsBy(fc.constant(ApiBy.Haproxy));

/** Clusters of any shape whose virtual IP keepalived holds, with HAProxy or without. */
export const virtualIpSpecs = specsBy(fc.constantFrom(ApiBy.Haproxy, ApiBy.Vip));

/** Clusters of any shape with any kind of endpoint. */
export const anySpecs = specsBy(fc.constantFrom(...Object.values(ApiBy)));
