/** The page in a real browser: what it shows, in both schemes, by keyboard, on narrow screens, and what it refuses. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { Browser, type Page, type View } from "../../test/browser";
import { scratch } from "../../test/scratch";
import { planHtml } from "./html";
import { makePlan } from "./plan";
import { build, HOSTILE, hostile, unchanged, upgrade } from "./scenarios";
import type { Plan } from "./types";

const WIDE: View = { width: 1200, height: 900 };
const NARROW: View = { width: 360, height: 740 };

const folder = scratch();
let browser: Browser;
before(async () => void (browser = await Browser.start(join(folder, "profile"))));
after(() => browser.close());

function show(plan: Plan, view: View): Promise<Page> {
  const file = join(folder, "plan.html");
  writeFileSync(file, planHtml(plan));
  return browser.open(file, view);
}

const upgradePlan = () => makePlan({ ...upgrade(), warnings: ["shop/db allows 0 disruptions now"] });
const hostilePlan = () => makePlan(hostile());
const others = [{ op: "update", type: "kubernetes:apps/v1:DaemonSet", name: HOSTILE[0]!, differs: [HOSTILE[2]!] }];

/** Contrast of every text with what it stands on: those below WCAG's AA, and how many were measured. */
const CONTRAST = `(() => {
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  document.querySelectorAll("details").forEach((one) => (one.open = true));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const low = [];
  let count = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === "" || node.closest(".hidden")) continue;
    count += 1;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(node.outerHTML.slice(0, 120) + " " + ((a + 0.05) / (b + 0.05)).toFixed(2));
  }
  return { low, count };
})()`;

describe("the page of an upgrade", () => {
  test("shows versions, hosts, who leads and who holds the address, and every step in order", async () => {
    const plan = upgradePlan();
    const page = await show(plan, WIDE);
    const text = (selector: string) =>
      page.evaluate<string[]>(
        `[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => one.innerText.replace(/\\s+/g, " ").trim())`,
      );
    assert.deepEqual(await text("h1"), ["test"]);
    assert.deepEqual((await text(".versions tbody tr"))[0], "Kubernetes v1.35.4 v1.36.3");
    assert.deepEqual(
      await text(".host h4"),
      plan.hosts.map(({ name }) => name),
    );
    assert.deepEqual(await text(".host:has(.vip) h4"), ["cp1"]);
    assert.deepEqual(await text(".host:has(.leads) h4"), ["cp1"]);
    assert.deepEqual(
      await text(".step .action"),
      plan.steps.map(({ action }) => action),
    );
    assert.deepEqual(await text(".notice.warning li"), ["shop/db allows 0 disruptions now"]);
    assert.deepEqual(page.complaints, []);
  });

  test("shows as many turns as there are, one bar a host and turn", async () => {
    const plan = upgradePlan();
    const page = await show(plan, WIDE);
    const bars = await page.evaluate<number>(`document.querySelectorAll(".chart .bar").length`);
    assert.equal(bars, plan.steps.flatMap(({ turns }) => turns.flat()).length);
    const widths = await page.evaluate<number[]>(
      `[...document.querySelectorAll(".chart tr")].map((row) => [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0))`,
    );
    assert.deepEqual([...new Set(widths)], [1 + plan.steps.flatMap(({ turns }) => turns).length]);
  });

  for (const dark of [false, true]) {
    test(`is ${dark ? "dark" : "light"} where people want that, and every text can be read`, async () => {
      const page = await show(upgradePlan(), { ...WIDE, dark });
      const [red] = (await page.evaluate<string>(`getComputedStyle(document.body).backgroundColor`))
        .match(/\d+/g)!
        .map(Number);
      assert.ok(dark ? red! < 40 : red! > 230, `the page's red is ${red}`);
      const { low, count } = await page.evaluate<{ low: string[]; count: number }>(CONTRAST);
      assert.ok(count > 100);
      assert.deepEqual(low, []);
    });
  }

  test("can be walked by keyboard: everything that acts is reached, in order, and seen to be", async () => {
    const page = await show(upgradePlan(), WIDE);
    const wanted = await page.evaluate<number>(
      `[...document.querySelectorAll("a, summary, [tabindex='0']")].filter((one) => one.checkVisibility()).length`,
    );
    const seen: string[] = [];
    const FOCUS = `(() => {
      const at = document.activeElement;
      const all = [...document.querySelectorAll("*")];
      const { outlineStyle, outlineWidth } = getComputedStyle(at);
      const { width, height } = at.getBoundingClientRect();
      return { index: all.indexOf(at), tag: at.tagName, ring: outlineStyle + " " + outlineWidth, area: width * height };
    })()`;
    for (let press = 0; press < wanted; press += 1) {
      await page.press("Tab");
      const at = await page.evaluate<{ index: number; tag: string; ring: string; area: number }>(FOCUS);
      assert.equal(at.ring, "solid 3px", `${at.tag} shows no focus`);
      assert.ok(at.area > 0, at.tag);
      seen.push(String(at.index));
    }
    assert.equal(new Set(seen).size, wanted);
    assert.deepEqual(
      seen.map(Number),
      seen.map(Number).sort((a, b) => a - b),
    );
  });

  test("opens what is folded by Enter, and the skip link leads to the roll-out", async () => {
    const page = await show(upgradePlan(), WIDE);
    await page.press("Tab");
    await page.press("Enter");
    assert.equal(await page.evaluate(`location.hash`), "#rollout");
    await page.evaluate(`document.querySelector(".step summary").focus()`);
    await page.press("Enter");
    assert.equal(await page.evaluate(`document.querySelector(".step details").open`), true);
    const chips = await page.evaluate<number>(`document.querySelectorAll(".step details[open] .chip").length`);
    assert.equal(chips, 15);
  });

  test("has landmarks, one first heading, no level left out, and headers on all tables", async () => {
    const page = await show(upgradePlan(), WIDE);
    assert.deepEqual(
      await page.evaluate(
        `["header", "main", "footer", "h1"].map((tag) => document.querySelectorAll("body " + tag).length)`,
      ),
      [1, 1, 1, 1],
    );
    const levels = await page.evaluate<number[]>(
      `[...document.querySelectorAll("h1, h2, h3, h4")].map((one) => Number(one.tagName[1]))`,
    );
    levels.slice(1).forEach((level, index) => assert.ok(level - levels[index]! <= 1, levels.join(" ")));
    const bare = await page.evaluate<number>(
      `[...document.querySelectorAll("table")].filter((one) => !one.querySelector("th[scope]")).length`,
    );
    assert.equal(bare, 0);
    const unnamed = await page.evaluate<number>(
      `[...document.querySelectorAll("section, [role=region]")].filter((one) => !one.ariaLabel && !document.getElementById(one.getAttribute("aria-labelledby"))).length`,
    );
    assert.equal(unnamed, 0);
  });
});

interface Widths {
  scrollWidth: number;
  clientWidth: number;
}

const WIDTHS = `(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }))(document.documentElement)`;

describe("on a narrow screen", () => {
  for (const [name, plan] of [
    ["an upgrade", upgradePlan],
    ["a build", () => makePlan(build())],
    ["nothing to do", () => makePlan(unchanged())],
    ["hostile hosts", hostilePlan],
  ] as const) {
    test(`${name} needs no scrolling sideways`, async () => {
      const page = await show({ ...plan(), others }, NARROW);
      await page.evaluate(`document.querySelectorAll("details").forEach((one) => (one.open = true))`);
      const { scrollWidth, clientWidth } = await page.evaluate<Widths>(WIDTHS);
      assert.ok(clientWidth > 300 && scrollWidth <= clientWidth, `${scrollWidth} in ${clientWidth}`);
    });
  }
});

describe("hostile text", () => {
  test("stays text: no element, no attribute, no script comes of it", async () => {
    const plain = await show({ ...makePlan(upgrade()), others: [] }, WIDE);
    const TAGS = `[...new Set([...document.querySelectorAll("*")].map((one) => one.tagName))].sort()`;
    const known = new Set(await plain.evaluate<string[]>(TAGS));
    const page = await show({ ...hostilePlan(), others }, WIDE);
    const tags = await page.evaluate<string[]>(TAGS);
    assert.deepEqual(
      tags.filter((tag) => !known.has(tag)),
      [],
    );
    const handlers = `[...document.querySelectorAll("*")].filter((one) => [...one.attributes].some(({ name }) => /^on|^style$|^src$/.test(name))).length`;
    assert.equal(await page.evaluate(handlers), 0);
    const text = await page.evaluate<string>(`document.body.textContent`);
    for (const hostile of [HOSTILE[0]!, HOSTILE[1]!, HOSTILE[2]!, HOSTILE[7]!])
      assert.ok(text.includes(hostile), hostile);
    assert.ok(text.includes("\\u{202e}gnp.exe"));
    assert.deepEqual(page.complaints, []);
  });

  test("finds a page that asks nothing of the network and runs no script, whoever put one there", async () => {
    const page = await show(hostilePlan(), WIDE);
    assert.equal(page.requests.length, 1);
    await page.evaluate(`{
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      const image = new Image();
      image.src = "https://evil.example/x.png";
      document.body.append(image);
    }`);
    assert.equal(await page.evaluate(`window.ran === undefined`), true);
    assert.ok(page.complaints.some((complaint) => complaint.includes("Content Security Policy")));
  });
});
