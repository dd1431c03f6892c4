/** Stand-in for the provider plugin `pulumi-resource-random`. Only the lab uses it. */
import { RESOURCES } from "./random/resources";
import { serveProvider } from "./wire/service";

serveProvider({
  name: "random",
  version: "4.21.2",
  resource: (type) => RESOURCES[type],
});
