/** `command:remote:Command`. */
import { COMMON, lifeCycle } from "./lifecycle";
import { run } from "./run";
import type { Shape } from "./shape";

const HOP: Shape = {
  host: { type: "string", required: true },
  user: { type: "string", default: "root" },
  port: { type: "number", default: 22 },
  password: { type: "string", secret: true },
  privateKey: { type: "string", secret: true },
  privateKeyPassword: { type: "string", secret: true },
  agentSocketPath: { type: "string" },
  dialErrorLimit: { type: "number", default: 10 },
  perDialTimeout: { type: "number", default: 15 },
  hostKey: { type: "string" },
};

const INPUTS: Shape = {
  ...COMMON,
  connection: {
    type: "object",
    required: true,
    secret: true,
    fields: { ...HOP, proxy: { type: "object", fields: HOP } },
  },
};

/** The life cycle of `command:remote:Command`. */
export const remoteCommand = lifeCycle(INPUTS, run);
