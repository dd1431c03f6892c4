/** Every drill, in the order in which `all` runs them: those that build anew what they broke come last. */
import type { Drill } from "./drill";
import { apiDrills } from "./drills/api";
import { clusterDrills } from "./drills/cluster";
import { etcdDrills } from "./drills/etcd";
import { interruptedDrills } from "./drills/interrupted";
import { repairDrills } from "./drills/repair";
import { topologyDrills } from "./drills/topology";
import { vipDrills } from "./drills/vip";

export const drills: Drill[] = [
  ...vipDrills,
  ...apiDrills,
  ...etcdDrills,
  ...clusterDrills,
  ...repairDrills,
  ...topologyDrills,
  ...interruptedDrills,
];
