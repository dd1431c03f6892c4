import { z } from "zod";
import { OnBlocked } from "../types";
import { patterns } from "./patterns";
import { text, whole } from "./text";

const drainSchema = z
  .strictObject({
    timeoutSeconds: whole(10, 86400, 300).default(300).describe("Longest drain of one node, seconds."),
    gracePeriodSeconds: whole(0, 3600, 60)
      .optional()
      .describe("Time that a pod is given to end, seconds. Default: each pod's own."),
    onBlocked: z
      .enum(OnBlocked)
      .default(OnBlocked.Fail)
      .describe(
        "What to do when pods are still on the node after the timeout, as a PodDisruptionBudget may keep them: `fail` stops the run and uncordons the node; `skip` goes on with this node, whose remaining pods stay (containers outlive the restart); `disableEviction` deletes them past the budget.",
      )
      .meta({ examples: [OnBlocked.Skip] }),
    deleteEmptyDirData: z
      .boolean()
      .default(true)
      .describe(
        "A pod with an emptyDir volume may be evicted, and the volume goes with it; false stops the drain there.",
      )
      .meta({ examples: [false] }),
  })
  .prefault({})
  .describe(
    "How a node is emptied before a package of its kubelet or containerd changes. Pods without a controller are never evicted, for nothing would create them again: they stay on the node.",
  );

export const rolloutSchema = z
  .strictObject({
    maxUnavailable: z
      .union([whole(1, 5000, 3), text(patterns.percent, "a whole number or a percentage from 1% to 100%", "25%")], {
        error: "is not a whole number or a percentage from 1% to 100%",
      })
      .default(1)
      .describe(
        "Workers that may be out of service at once: a number, or a percentage of them, rounded down, at least 1.",
      )
      .meta({ examples: ["25%"] }),
    drain: drainSchema,
  })
  .prefault({})
  .describe("How a change reaches running nodes. Control planes always go one by one.");
