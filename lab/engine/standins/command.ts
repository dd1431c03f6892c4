/** Stand-in for the provider plugin `pulumi-resource-command`. Only the lab uses it. */
import { remoteCommand } from "./command/remote";
import { serveProvider } from "./wire/service";

serveProvider({
  name: "command",
  version: "1.2.1",
  acceptsOutputs: true,
  resource: (type) => (type === "command:remote:Command" ? remoteCommand : undefined),
});
