/** The gates of a control plane, and what they have to know. */
import { apiEndpoint, controlPlanes } from "../spec/topology";
import type { ClusterSpec, HostSpec } from "../spec/types";
import { readScript, type Script } from "./script";

export const GATES = readScript(__dirname, "gates.sh");

/** Other control planes are asked of the cluster, so that one more of them changes nothing on this one. */
export function gateInputs(spec: ClusterSpec, host: HostSpec): Script["variables"] {
  return {
    NODE_NAME: host.name,
    NODE_IP: host.ip,
    BIND_PORT: spec.api.bindPort,
    ENDPOINT_URL: apiEndpoint(spec).url,
    CONTROL_PLANES: controlPlanes(spec).length > 1 ? "several" : "one",
  };
}
