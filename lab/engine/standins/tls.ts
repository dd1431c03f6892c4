/** Stand-in for the provider plugin `pulumi-resource-tls`. Only the lab uses it. */
import { RESOURCES } from "./tls/resources";
import { serveProvider } from "./wire/service";

serveProvider({
  name: "tls",
  version: "5.6.1",
  resource: (type) => RESOURCES[type],
});
