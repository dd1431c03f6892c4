/** Stand-in for the provider plugin `pulumi-resource-command`. Only the lab uses it. */
import { localCommand } from "./command/local";
import { remoteCommand } from "./command/remote";
import type { ResourceType } from "./wire/provider";
import { serveProvider } from "./wire/service";

const RESOURCES: Partial<Record<string, ResourceType>> = {
  "command:local:Command": localCommand,
  "command:remote:Command": remoteCommand,
};

serveProvider({
  name: "command",
  version: "1.2.1",
  acceptsOutputs: true,
  resource: (type) => RESOURCES[type],
});
