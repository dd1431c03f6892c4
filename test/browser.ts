/** Debian's Chromium without a window, driven over its DevTools pipe: for tests of pages. */
import { spawn, type ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";

/** What a page is looked at with. */
export interface View {
  width: number;
  height: number;
  dark?: boolean;
}

interface Reply {
  id?: number;
  method?: string;
  sessionId?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

const START_SECONDS = 60;

export class Browser {
  private next = 1;
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private readonly listeners = new Set<(reply: Reply) => void>();

  private constructor(private readonly child: ChildProcess) {
    let rest = "";
    (child.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\0");
      rest = parts.pop() ?? "";
      for (const part of parts) this.receive(JSON.parse(part) as Reply);
    });
  }

  /** `folder`: for its profile, empty. */
  static async start(folder: string): Promise<Browser> {
    const flags = [
      "--headless=new",
      "--remote-debugging-pipe",
      // Tests run as root, where its sandbox does not; it opens nothing but files of the tests.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--disable-component-update",
      "--no-first-run",
      `--user-data-dir=${folder}`,
    ];
    const child = spawn("chromium", flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    const browser = new Browser(child);
    const late = new Promise<never>((_, fail) => {
      child.on("error", fail);
      child.on("exit", (code) => fail(new Error(`chromium ended with ${String(code)}`)));
      setTimeout(() => fail(new Error(`chromium did not start in ${START_SECONDS} s`)), START_SECONDS * 1000).unref();
    });
    await Promise.race([browser.send("Browser.getVersion"), late]);
    late.catch(() => undefined);
    return browser;
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = this.next++;
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((done, fail) => {
      this.waiting.set(id, ({ result, error }) =>
        error ? fail(new Error(`${method}: ${error.message}`)) : done(result ?? {}),
      );
    });
  }

  listen(listener: (reply: Reply) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async open(file: string, view: View): Promise<Page> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId as string);
    await page.load(pathToFileURL(file).href, view);
    return page;
  }

  async close(): Promise<void> {
    const ended = new Promise((done) => this.child.once("exit", done));
    this.child.kill("SIGTERM");
    await ended;
  }

  private receive(reply: Reply): void {
    if (reply.id === undefined) this.listeners.forEach((listener) => listener(reply));
    else this.waiting.get(reply.id)?.(reply);
  }
}

export class Page {
  /** What the console, the log and the engine had to say: errors, warnings, refusals of the page's own policy. */
  readonly complaints: string[] = [];
  /** Addresses that it asked for. */
  readonly requests: string[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly session: string,
  ) {
    browser.listen(({ method, params, sessionId }) => {
      if (sessionId !== session) return;
      const text = JSON.stringify(params);
      if (method === "Network.requestWillBeSent") this.requests.push((params!["request"] as { url: string }).url);
      if (["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"].includes(method!))
        this.complaints.push(text);
      if (method === "Audits.issueAdded") this.complaints.push(text);
    });
  }

  async load(url: string, { width, height, dark = false }: View): Promise<void> {
    for (const domain of ["Page", "Runtime", "Log", "Network", "Audits"]) await this.send(`${domain}.enable`);
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    await this.send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }],
    });
    const loaded = new Promise<void>((done) => {
      const stop = this.browser.listen(({ method, sessionId }) => {
        if (method !== "Page.loadEventFired" || sessionId !== this.session) return;
        stop();
        done();
      });
    });
    await this.send("Page.navigate", { url });
    await loaded;
  }

  /** The value of an expression in the page; it comes back as JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as { result: { value: T }; exceptionDetails?: { text: string } };
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return result.value;
  }

  async press(key: "Tab" | "Enter"): Promise<void> {
    const code = { Tab: 9, Enter: 13 }[key];
    const event = { key, code: key, windowsVirtualKeyCode: code, ...(key === "Enter" && { text: "\r" }) };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** All of the page as a PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true });
    return Buffer.from(data as string, "base64");
  }

  private send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.browser.send(method, params, this.session);
  }
}
