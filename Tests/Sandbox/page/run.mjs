#!/usr/bin/env node
// Tests the page of a running sandbox in headless Chromium, by real clicks and keys.
//
//     node Tests/Sandbox/page/run.mjs URL [--shots DIR]
//
// URL is that of the sandbox, such as http://127.0.0.1:8080. The tests change its keys, clock, faults and history.
import { request } from "node:http";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Browser, pause } from "./browser.mjs";
import { wideElements, weakTexts } from "./contrast.mjs";

const words = process.argv.slice(2);
const at = words.indexOf("--shots");
const [, shots] = at < 0 ? [] : words.splice(at, 2);
if (words.length !== 1 || (at >= 0 && !shots)) {
  console.error("usage: run.mjs URL [--shots DIR]");
  process.exit(64);
}
const origin = words[0].replace(/\/+$/, "");
const path = "/open-api/api/v1/issued-cards/pre-issue/waiting/physical";
const card = "9491339401250765";
const valid = { userId: 50000104652, physicalCardNo: card, physicalCardExpDate: "3108", physicalCardCVC: "211" };

// MARK: Checks

let [passed, failed] = [0, 0];

async function test(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}: ${error.message}`);
  }
}

function expect(condition, text) {
  if (!condition) throw new Error(text);
}

function equal(found, expected, what) {
  expect(found === expected, `${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
}

function contains(text, part) {
  expect(text.includes(part), `expected ${JSON.stringify(part)} in ${JSON.stringify(text.slice(0, 300))}`);
}

// MARK: The sandbox

async function api(method, target, body) {
  const response = await fetch(origin + target, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${target}: ${response.status} ${text}`);
  return (response.headers.get("Content-Type") ?? "").includes("json") ? JSON.parse(text) : text;
}

const tryCall = (mistake, parameters = valid) =>
  api("POST", "/sandbox/try", { parameters, profile: "documented", level: "message", ...(mistake ? { mistake } : {}) });

/** Sends a request whose path and headers `fetch` would change. */
function raw(target, headers, body) {
  return new Promise((resolve, reject) => {
    const call = request(origin, { method: "POST", path: target, headers }, (response) => {
      response.resume();
      response.on("end", resolve);
    });
    call.on("error", reject);
    call.end(body);
  });
}

const before = await api("GET", "/sandbox/state");
await api("PUT", "/sandbox/settings", { clockSkewSeconds: 0, fault: "none" });
await api("DELETE", "/sandbox/calls");
await api("DELETE", "/sandbox/state");
// A rotation in progress is completed.
const isRotating = ({ keys }) => keys.some((key) => !key.isPrimary && !key.isOther && key.state !== "discarded");
for (let state = before; isRotating(state);) state = await api("POST", "/sandbox/keys/rotate", {});

const browser = new Browser();
const page = await browser.open(`${origin}/`);
const title = await page.value("document.title");
const newest = "Number(document.querySelector('.row')?.dataset.number ?? 0)";
const rowCount = "document.querySelectorAll('.row').length";
const heading = () => page.text("main h2");

async function shot(name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.value("document.getElementById('toast').classList.remove('shown')");
  await pause(250);
  writeFileSync(join(shots, `${name}.png`), await page.screenshot());
}

async function openView(hash) {
  await page.value(`location.hash = ${JSON.stringify(hash)}`);
  await pause(150);
}

async function openCall(number) {
  await openView(`#/call/${number}`);
  await page.until(`document.querySelector('.call[data-number="${number}"]')`);
}

async function clipboard() { return page.value("navigator.clipboard.readText()"); }

try {
  await tests();
} finally {
  await api("PUT", "/sandbox/settings", { clockSkewSeconds: 0, fault: "none" }).catch(() => {});
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function tests() {
  await test("the page connects and shows the base URL", async () => {
    await page.until("document.querySelector('#status').textContent === 'Connected'");
    equal(await page.text("#base-url"), before.baseURL, "base URL");
  });

  await test("an empty sandbox tells in three lines how to make the first call", async () => {
    await page.until("document.querySelector('.welcome')");
    equal(await page.value("document.querySelectorAll('.welcome .lines li').length"), 3, "lines");
    await page.click(".welcome .command button");
    await page.until("document.querySelector('#toast.shown')");
    contains(await clipboard(), "/sandbox/try");
    await shot("1440-light-empty");
  });

  await test("the first call by Try it is accepted and appears in the list", async () => {
    await page.click(".views a[data-view=try]");
    await page.until("document.querySelectorAll('.preset').length === 6");
    equal(await page.value("document.querySelector('#field-physicalCardNo').value"), card, "card number");
    await page.click("#send");
    await page.until("document.querySelector('.result .hero.accepted')");
    await page.until(`${rowCount} === 1`);
    contains(await page.text(".row"), "Accepted");
    contains(await page.text(".row"), "200 000_000");
  });

  await test("each preset gets the code that it promises", async () => {
    for (const [index, data] of before.testData.entries()) {
      const last = await page.value(newest);
      await page.click(`.preset[data-index="${index}"]`);
      await page.click("#send");
      await page.until(`${newest} > ${last}`);
      contains(await page.text(".row .row-status"), `${data.expected.status} ${data.expected.code}`);
    }
  });

  await test("both profiles and levels are accepted", async () => {
    await page.click('.preset[data-index="0"]');
    for (const [profile, level] of [["gateway", "message"], ["documented", "field"], ["gateway", "field"], ["documented", "message"]]) {
      const last = await page.value(newest);
      await page.click(`label:has(> input[name=profile][value=${profile}])`);
      await page.click(`label:has(> input[name=level][value=${level}])`);
      await page.click("#send");
      await page.until(`${newest} > ${last}`);
      const call = await api("GET", `/sandbox/calls/${await page.value(newest)}`);
      equal([call.verdict, call.profile, call.level].join(" "), `accepted ${profile} ${level}`, "call");
    }
  });

  await test("a user id of 19 digits is sent digit by digit", async () => {
    const last = await page.value(newest);
    await page.fill("#field-userId", "9999999999999999999");
    await page.click("#send");
    await page.until(`${newest} > ${last}`);
    contains((await api("GET", `/sandbox/calls/${await page.value(newest)}?reveal=true`)).parameters, ":9999999999999999999");
    await page.click('.preset[data-index="0"]');
  });

  await test("each deliberate mistake is rejected with the failed check and what to change", async () => {
    const names = await page.value("[...document.querySelector('#mistake').options].map((each) => each.value)");
    equal(names.length, 10, "mistakes");
    for (const name of names.slice(1)) {
      const last = await page.value(newest);
      await page.choose("#mistake", name);
      await page.click("#send");
      await page.until(`${newest} > ${last}`);
      await page.until(`document.querySelector('.result a[href="#/call/' + ${newest} + '"]')`);
      contains(await page.text(".result h3"), "Rejected at");
      expect((await page.text(".result .fix dd")).length > 10, `${name} has no advice`);
    }
    await page.choose("#mistake", "none");
  });

  let rejected;
  await test("a rejected call shows the failed check, why, the cause and what to change", async () => {
    rejected = await tryCall("upper-case-key-id");
    await page.until(`document.querySelector('#call-${rejected.number}')`);
    await page.click(`#call-${rejected.number}`);
    await page.until(`document.querySelector('.call[data-number="${rejected.number}"]')`);
    equal(await heading(), "Rejected at crypto key", "heading");
    const step = rejected.judgment.steps.find((each) => each.outcome === "failed");
    contains((await page.text(".hero .why dd")).toLowerCase(), step.found.toLowerCase());
    contains((await page.text(".hero .fix dd")).toLowerCase(), step.fix.toLowerCase());
    contains(await page.text(".check.failed"), step.cause);
    contains(await page.text(".check.failed"), `byte ${step.difference.offset}`);
    equal(await page.text(".hero .difference .expected"), step.difference.expected, "expected byte");
    equal(await page.text(".hero .difference .found"), step.difference.found, "found byte");
    equal(await page.text(".hero .excerpt mark"), step.difference.found, "marked byte");
    equal(await page.value("document.querySelectorAll('.check').length"), rejected.judgment.steps.length, "checks");
  });

  await test("checks that were not made are weaker than the others", async () => {
    const open = rejected.judgment.steps.filter((each) => each.outcome === "notChecked").length;
    expect(open > 0, "no check was left out");
    equal(await page.value("document.querySelectorAll('.check.notChecked').length"), open, "open checks");
    const weight = (kind) => page.value(`Number(getComputedStyle(document.querySelector('.check.${kind} .check-name')).fontWeight)`);
    expect(await weight("notChecked") < await weight("passed"), "they have the same weight");
  });

  await test("the tabs show headers and bodies, by mouse and by arrow keys", async () => {
    await page.click("#tab-request");
    contains(await page.text("#panel"), "X-KM-Crypto-Key-Id");
    contains(await page.text("#panel"), "encData");
    contains(await page.text(".headers .suspect"), "X-KM-Crypto-Key-Id");
    await page.key("ArrowRight");
    equal(await page.value("document.activeElement.id"), "tab-response", "focus");
    contains(await page.text("#panel"), "000_002");
    await page.key("Home");
    equal(await page.value("document.querySelector('[role=tab][aria-selected=true]').id"), "tab-checks", "tab");
  });

  await test("the card number is masked until Reveal, and again after Hide", async () => {
    const call = await tryCall();
    await openCall(call.number);
    await page.click("#tab-parameters");
    const main = () => page.text("main");
    expect(!(await main()).includes(card), "the card number is shown");
    contains(await main(), "949133");
    await page.click("#reveal");
    await page.until("document.querySelector('#reveal').textContent === 'Hide'");
    contains(await main(), card);
    contains(await main(), '"userId": 50000104652');
    await page.click("#reveal");
    await page.until("document.querySelector('#reveal').textContent === 'Reveal'");
    expect(!(await main()).includes(card), "the card number is still shown");
    await page.click("#tab-checks");
  });

  await test("the copy buttons copy the curl command, the bug report and the base URL", async () => {
    await openCall(rejected.number);
    const base = `/sandbox/calls/${rejected.number}`;
    const copied = async (selector, expected) => {
      await page.value("navigator.clipboard.writeText('before')");
      await page.click(selector);
      await page.until("navigator.clipboard.readText().then((text) => text !== 'before')", 5000).catch(() => {});
      const end = Date.now() + 5000;
      while (await clipboard() === "before" && Date.now() < end) await pause(50);
      equal(await clipboard(), expected, selector);
    };
    await copied(".actions button:nth-child(1)", await api("GET", `${base}/curl`));
    await copied(".actions button:nth-child(2)", await api("GET", `${base}/report`));
    await copied("#copy-base", before.baseURL);
    expect(!(await api("GET", `${base}/report`)).includes(card), "the report has a card number");
  });

  await test("the export is a link to the test vector", async () => {
    equal(await page.value("document.querySelector('.actions a').getAttribute('href')"), `/sandbox/calls/${rejected.number}/vector`, "link");
    expect(await page.value("document.querySelector('.actions a').download.endsWith('.json')"), "the link does not download");
    expect(typeof await api("GET", `/sandbox/calls/${rejected.number}/vector`) === "object", "the vector is not JSON");
  });

  await test("the filter shows only rejected or only accepted calls, also of those that come later", async () => {
    for (const verdict of ["rejected", "accepted"]) {
      const other = verdict === "rejected" ? "accepted" : "rejected";
      await page.click(`#filter [data-filter=${verdict}]`);
      await page.until(`${rowCount} > 0 && !document.querySelector('.row [aria-label="${other[0].toUpperCase()}${other.slice(1)}"]')`);
      const [one, two] = [await tryCall(), await tryCall("stale")];
      const [wanted, unwanted] = verdict === "accepted" ? [one, two] : [two, one];
      await page.until(`document.querySelector('#call-${wanted.number}')`);
      expect(!await page.value(`document.querySelector('#call-${unwanted.number}')`), `an ${other} call appeared`);
    }
    await page.click('#filter [data-filter=""]');
    await page.until("document.querySelector('.row [aria-label=Accepted]') && document.querySelector('.row [aria-label=Rejected]')");
  });

  await test("Pause holds new calls back and counts them; Resume shows them", async () => {
    await page.click("#pause");
    const calls = [await tryCall(), await tryCall(), await tryCall()];
    await page.until("document.querySelector('#more').textContent === '3 more calls'");
    expect(!await page.value(`document.querySelector('#call-${calls[2].number}')`), "a call appeared");
    await page.click("#pause");
    await page.until(`document.querySelector('#call-${calls[2].number}')`);
    expect(await page.value("document.querySelector('#more').hidden"), "the count is still shown");
  });

  await test("new calls are announced", async () => {
    await pause(1500);
    const call = await tryCall("stale");
    await page.until(`document.querySelector('#live').textContent.includes('Call ${call.number}')`);
  });

  await test("without a chosen call, the newest one is shown; a click keeps it", async () => {
    await page.click("#home");
    const call = await tryCall("stale");
    await page.until(`document.querySelector('.call[data-number="${call.number}"]')`);
    equal(await page.text(".follow"), "Newest call", "note");
    await page.click("#tab-request");
    equal(await page.value("location.hash"), `#/call/${call.number}`, "address");
    const later = await tryCall();
    await page.until(`document.querySelector('#call-${later.number}')`);
    await pause(900);
    equal(await page.value("Number(document.querySelector('.call').dataset.number)"), call.number, "call");
    await page.click("#tab-checks");
  });

  await test("the rotation button takes the four steps and names the next one", async () => {
    await openView("#/setup");
    const states = async () => (await api("GET", "/sandbox/state")).keys.filter((key) => !key.isOther)
      .map((key) => `${key.state}${key.isPrimary ? "*" : ""}`).join(" ");
    const shown = (text) => page.until(`document.querySelector('#rotate').textContent.includes(${JSON.stringify(text)})`);
    for (const [step, after, next] of [
      ["add a new key", "active active*", "make the new key primary"],
      ["make the new key primary", "active* active", "deactivate the old key"],
      ["deactivate the old key", "active* inactive", "discard the old key"],
      ["discard the old key", "active* discarded", "add a new key"],
    ]) {
      await shown(step);
      await page.click("#rotate");
      await shown(next);
      equal(await states(), after, `keys after "${step}"`);
      const chips = await page.value("[...document.querySelectorAll('.key')].map((each) => each.textContent).join(' ')");
      for (const state of after.replaceAll("*", "").split(" ")) contains(chips, state);
    }
    equal((await tryCall()).verdict, "accepted", "call after the rotation");
  });

  await test("a clock skew makes the next call stale, shows a badge, and can be reset", async () => {
    await page.fill("#skew-number", "420");
    await page.key("Enter");
    await page.until("document.querySelector('.badge')?.textContent === 'Clock +420 s'");
    contains(await page.text(".skew"), "420 s fast");
    const call = await tryCall();
    equal(call.code, "tokenStale", "code");
    await openCall(call.number);
    equal(await heading(), "Rejected at freshness", "heading");
    await openView("#/setup");
    await page.click("#skew-reset");
    await page.until("!document.querySelector('.badge')");
    equal((await tryCall()).verdict, "accepted", "call after the reset");
  });

  await test("the slider sets the clock by arrow keys", async () => {
    await page.value("document.querySelector('#skew').focus()");
    await page.key("ArrowLeft");
    await page.until("document.querySelector('.badge')?.textContent === 'Clock −10 s'");
    await page.click("#skew-reset");
    await page.until("!document.querySelector('.badge')");
  });

  await test("each fault damages the answer as it says", async () => {
    await page.fill("#delay", "700");
    await page.key("Enter");
    const answers = {
      "status-500": (call) => equal(call.status, 500, "status"),
      "cut-body": (call) => {
        let isJSON = true;
        try { JSON.parse(call.response.body); } catch { isJSON = false; }
        expect(!isJSON, "the body is complete");
      },
      "wrong-key": (call) => equal(call.status, 200, "status"),
      slow: (call) => expect(call.milliseconds >= 700, `the answer took ${call.milliseconds} ms`),
    };
    for (const [fault, check] of Object.entries(answers)) {
      await page.click(`#fault-${fault}`);
      const name = (await page.text(`.radio:has(#fault-${fault}) b`)).toLowerCase();
      await page.until(`document.querySelector('.badge')?.textContent === 'Fault: ${name}'`);
      const state = await api("GET", "/sandbox/state");
      equal(state.fault, fault, "fault");
      equal(state.delayMilliseconds, 700, "delay");
      check(await tryCall());
    }
    await page.click("#fault-none");
    await page.until("!document.querySelector('.badge')");
  });

  await test("a fault is a standing warning, and each call that it changed says so", async () => {
    await page.click("#fault-status-500");
    await page.until("!document.querySelector('#warnings').hidden");
    contains(await page.text("#warnings"), "The fault status-500 is set");
    const call = await tryCall();
    await openCall(call.number);
    contains(await page.text("#warnings"), "The fault status-500 is set");
    equal(await heading(), "Accepted, and answered wrong on purpose", "heading");
    contains(await page.text(".hero .notes"), "This response was made wrong on purpose: fault status-500");
    contains(await page.text(".hero .fix dd"), "Check that your client rejects this answer");
    contains(await page.text(`#call-${call.number}`), "made wrong on purpose: fault status-500");
    await page.click("#tab-parameters");
    contains(await page.text("#panel"), "There are no response parameters.");
    await page.click("#tab-checks");
    contains(await page.text("#panel"), "Checks of the response");
    await openView("#/setup");
    await page.click("#restore");
    await page.until("document.querySelector('#warnings').hidden");
    equal((await api("GET", "/sandbox/settings")).fault, "none", "fault");
    equal((await tryCall()).alterations.length, 0, "alterations");
  });

  await test("a call outside the base path appears with the path that it should have", async () => {
    await raw("/api/v1/card/status", { "Content-Type": "application/json" }, "{}");
    const call = (await api("GET", "/sandbox/calls?limit=1")).calls[0];
    equal(call.status, 404, "status");
    await openCall(call.number);
    equal(await heading(), "Rejected at endpoint", "heading");
    contains(await page.text(".hero .fix dd"), "/open-api/api/v1/card/status");
    await openView("#/setup");
  });

  await test("a callback to a server that does not answer says so", async () => {
    await page.fill("#callback-url", "http://127.0.0.1:1/callback");
    await page.click("#callback-send");
    await page.until("document.querySelector('#toast.shown')?.dataset.tone === 'rejected'");
    contains(await page.text("#toast"), "no answer");
    const call = (await api("GET", "/sandbox/calls?limit=1")).calls[0];
    equal(call.direction, "callback", "direction");
    await openCall(call.number);
    equal(await heading(), "The callback got no answer", "heading");
    contains(await page.text(".hero .why dd"), "nothing listens at 127.0.0.1:1");
    contains(await page.text(`#call-${call.number} .row-status`), "no answer");
    await openView("#/setup");
    // The browser itself logs the status of that answer.
    page.problems = page.problems.filter((text) => !/status of 502/.test(text));
  });

  await test("the files can be downloaded", async () => {
    const links = await page.value("[...document.querySelectorAll('.files a')].map((each) => each.getAttribute('href'))");
    equal(links.length, 5, "files");
    for (const link of links) expect((await fetch(origin + link)).ok, `${link} is missing`);
  });

  await test("the keyboard alone is enough: skip link, list, call, tabs, back, Try it", async () => {
    await page.go(`${origin}/`);
    await page.until(`${rowCount} > 3 && document.querySelector('.call')`);
    await page.key("Tab");
    equal(await page.value("document.activeElement.id"), "skip", "first stop");
    expect(await page.value("document.querySelector('#skip').getBoundingClientRect().top >= 0"), "the skip link is not visible");
    await page.key("Enter");
    expect(await page.value("document.querySelector('main').contains(document.activeElement)"), "the skip link does not skip");
    await page.key("Tab");
    await page.value("document.querySelector('#clear').focus()");
    await page.key("Tab");
    const focus = "Number(document.activeElement.dataset.number)";
    const first = await page.value(focus);
    expect(first > 0, "the list is not the next stop");
    await page.key("ArrowDown");
    await page.key("ArrowDown");
    const third = await page.value(focus);
    equal(third, await page.value("Number(document.querySelectorAll('.row')[2].dataset.number)"), "row");
    await page.until(`document.querySelector('.call[data-number="${third}"]')`);
    equal(await page.value("document.activeElement.getAttribute('aria-selected')"), "true", "selected");
    await page.key("End");
    await page.key("Home");
    equal(await page.value(focus), first, "row after Home");
    expect(await page.value("getComputedStyle(document.activeElement).outlineStyle") === "solid", "the focus is not visible");
    await page.key("Enter");
    await page.until("document.activeElement.tagName === 'H2'");
    await page.key("Escape");
    equal(await page.value(focus), first, "row after Escape");
    await page.value("document.querySelector('.views a[data-view=try]').focus()");
    await page.key("Enter");
    await page.until("document.querySelector('.try')");
    await page.value("document.querySelector('#field-userId').focus()");
    const last = await page.value(newest);
    await page.key("Enter");
    await page.until(`${newest} > ${last}`);
    await page.until("document.querySelector('.result .hero')");
  });

  await test("all controls have a name", async () => {
    for (const view of ["#/setup", "#/try", `#/call/${rejected.number}`]) {
      await openView(view);
      const unnamed = await page.value(`[...document.querySelectorAll("button, a, input, select, textarea")].filter((each) => each.checkVisibility() &&
        !(each.getAttribute("aria-label") || each.textContent.trim() || each.labels?.length)).map((each) => each.outerHTML)`);
      equal(unnamed.join(), "", view);
    }
  });

  await test("text of a hostile call is shown as text", async () => {
    const attack = "<img src=x onerror=document.title='broken'>";
    await raw(`${path}/</script><img/src=x/onerror=document.title='broken'>`, {
      "Content-Type": "application/json", "X-KM-User-AspId": attack, "X-KM-Correlation-Id": `</script>${attack}`, "X-Extra": attack,
    }, `{"encData":"${attack}</script>"}`);
    await raw(path, { "X-KM-User-AspId": attack, "X-KM-Access-Key": attack }, attack);
    for (const call of (await api("GET", "/sandbox/calls")).calls.slice(-2)) {
      await page.until(`document.querySelector('#call-${call.number}')`);
      await openCall(call.number);
      for (const tab of ["checks", "parameters", "request", "response"]) await page.click(`#tab-${tab}`);
      await page.click("#tab-request");
      contains(await page.text("#panel"), "onerror");
      await page.click("#tab-checks");
    }
    await pause(300);
    equal(await page.value("document.querySelectorAll('img, main script, #side script').length"), 0, "elements");
    equal(await page.value("document.title"), title, "title");
  });

  await test("the theme switch goes through system, light and dark, and is remembered", async () => {
    const canvas = "getComputedStyle(document.body).backgroundColor";
    await page.theme("dark");
    const dark = await page.value(canvas);
    await page.click("#theme");
    const light = await page.value(canvas);
    expect(light !== dark, "light looks like dark");
    await page.click("#theme");
    equal(await page.value(canvas), dark, "dark");
    await page.theme("light");
    await page.go(`${origin}/`);
    await page.until("document.querySelector('#theme').getAttribute('aria-label') === 'Theme: dark'");
    equal(await page.value(canvas), dark, "dark after a reload");
    await page.click("#theme");
    equal(await page.value(canvas), light, "system");
  });

  await test("a flood of calls leaves the page responsive and its list bounded", async () => {
    await page.go(`${origin}/`);
    await page.until(`${rowCount} > 3`);
    await page.value(`window.slowest = 0; window.lastFrame = performance.now(); (function frame(now) {
      window.slowest = Math.max(window.slowest, now - window.lastFrame); window.lastFrame = now; requestAnimationFrame(frame); })(performance.now())`);
    const body = "{}";
    for (let batch = 0; batch < 40; batch += 1) {
      await Promise.all(Array.from({ length: 40 }, () => fetch(origin + path, { method: "POST", body }).then((each) => each.text())));
    }
    const { callCount } = await api("GET", "/sandbox/state");
    await page.until(`document.querySelector('#count-all').textContent === ${JSON.stringify(callCount.toLocaleString("en"))}`);
    await page.until("!document.querySelector('#older').hidden");
    equal(await page.value(rowCount), 500, "rows");
    const slowest = await page.value("window.slowest");
    expect(slowest < 1000, `a frame took ${slowest} ms`);
    await page.value("document.querySelector('#scroller').scrollTop = 4000");
    await pause(100);
    await tryCall();
    await page.until("document.querySelector('#more').textContent === '1 more call'");
    await page.click("#more");
    await page.until("document.querySelector('#more').hidden && document.querySelector('#scroller').scrollTop === 0");
  });

  await test("Clear empties the list", async () => {
    await page.click("#clear");
    await page.until(`${rowCount} === 0 && document.querySelector('.welcome')`);
  });

  await looks();

  await test("no error in the console and no violation of the content security policy", async () => {
    equal(page.problems.join("\n"), "", "problems");
  });
}

/** Contrast and width in both themes and sizes, and the screenshots. */
async function looks() {
  for (const mistake of [undefined, "stale", "wrong-secret", "plain", undefined, "own-certificate", "upper-case-key-id"]) await tryCall(mistake);
  await tryCall(undefined, { ...valid, physicalCardCVC: "999" });
  const one = await tryCall("parameters-signed");
  const accepted = (await api("GET", "/sandbox/calls")).calls[0].number;
  await api("PUT", "/sandbox/settings", { clockSkewSeconds: 120, fault: "slow" });
  await api("POST", "/sandbox/keys/rotate");
  await page.until(`document.querySelector('#call-${one.number}')`);
  const views = [["list", "#/"], ["rejected", `#/call/${one.number}`], ["accepted", `#/call/${accepted}`], ["try", "#/try"], ["setup", "#/setup"]];
  for (const theme of ["light", "dark"]) {
    await page.theme(theme);
    const weak = [];
    let count = 0;
    for (const [width, height] of [[360, 740], [768, 1024], [1440, 900]]) {
      await page.resize(width, height);
      for (const [name, hash] of views) {
        await openView(hash);
        if (hash.includes("call")) await page.until(`location.hash === '#/call/' + document.querySelector('.call')?.dataset.number`);
        await pause(150);
        const tabs = hash.includes("call") ? ["parameters", "request", "response", "checks"] : [null];
        for (const tab of tabs) {
          if (tab) await page.value(`document.querySelector('#tab-${tab}').click()`);
          const result = await page.value(weakTexts);
          count += result.count;
          weak.push(...result.weak);
          if (width === 360) {
            const wide = await page.value(wideElements);
            await test(`${name}${tab ? ` (${tab})` : ""} fits in 360 pixels, ${theme}`, async () => equal(wide.join(), "", "too wide"));
          }
        }
        await shot(`${width}-${theme}-${name}`);
        if (width === 360 && ["rejected", "try", "setup"].includes(name)) {
          await page.value("scrollTo(0, 700)");
          await shot(`${width}-${theme}-${name}-below`);
        }
      }
    }
    await test(`${count} texts have a contrast of at least 4.5, ${theme}`, async () => {
      expect(count > 500, "too few texts were measured");
      equal([...new Set(weak)].join("\n"), "", "weak");
    });
  }
}
