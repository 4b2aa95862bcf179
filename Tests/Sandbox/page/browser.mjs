// A headless Chromium, driven over the DevTools protocol through a pipe, with nothing but Node's standard library.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The path of an installed Chromium; CHROMIUM names another one. */
function chromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const name = names.find((each) => spawnSync("which", [each]).status === 0);
  if (!name) throw new Error("Chromium is not installed. Install it, or set CHROMIUM to its path.");
  return name;
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Browser {
  #process;
  #directory = mkdtempSync(join(tmpdir(), "page-test-"));
  #last = 0;
  #waiting = new Map();
  #listeners = [];
  #text = "";

  constructor() {
    const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    this.#process = spawn(chromium(), [
      "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
      `--user-data-dir=${this.#directory}`, ...sandbox, "about:blank",
    ], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.#process.stdio[4].setEncoding("utf8");
    this.#process.stdio[4].on("data", (text) => this.#read(text));
    this.#process.on("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("Chromium ended"));
    });
  }

  #read(text) {
    const parts = (this.#text + text).split("\0");
    this.#text = parts.pop();
    for (const part of parts) {
      const message = JSON.parse(part);
      if (message.id === undefined) {
        for (const listener of this.#listeners) listener(message);
        continue;
      }
      const { resolve, reject } = this.#waiting.get(message.id) ?? {};
      this.#waiting.delete(message.id);
      if (message.error) reject?.(new Error(message.error.message)); else resolve?.(message.result);
    }
  }

  send(method, params = {}, sessionId = undefined) {
    const id = (this.#last += 1);
    this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  onEvent(listener) { this.#listeners.push(listener); }

  async open(url) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId);
    await page.start(url);
    return page;
  }

  async close() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.send("Browser.close").catch(() => {});
    await Promise.race([ended, pause(3000)]);
    this.#process.kill("SIGKILL");
    await pause(200);
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One tab: real clicks and keys, values of expressions, and everything that went wrong in it. */
export class Page {
  /** Console errors, exceptions, and violations of the content security policy. */
  problems = [];

  constructor(browser, session) {
    this.browser = browser;
    this.session = session;
    browser.onEvent(({ sessionId, method, params }) => {
      if (sessionId !== session) return;
      if (method === "Runtime.exceptionThrown") {
        this.problems.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
      }
      if (method === "Runtime.consoleAPICalled" && ["error", "assert"].includes(params.type)) {
        this.problems.push(`console: ${params.args.map((each) => each.value ?? each.description).join(" ")}`);
      }
      if (method === "Log.entryAdded" && params.entry.level === "error") this.problems.push(`log: ${params.entry.text}`);
      if (method === "Page.javascriptDialogOpening") this.problems.push(`dialog: ${params.message}`);
    });
  }

  send(method, params) { return this.browser.send(method, params, this.session); }

  async start(url) {
    for (const domain of ["Page", "Runtime", "Log"]) await this.send(`${domain}.enable`);
    await this.send("Page.addScriptToEvaluateOnNewDocument", {
      source: "document.addEventListener('securitypolicyviolation', (event) => "
        + "console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI));",
    });
    await this.browser.send("Browser.grantPermissions", {
      origin: new URL(url).origin, permissions: ["clipboardReadWrite", "clipboardSanitizedWrite"],
    });
    await this.send("Emulation.setFocusEmulationEnabled", { enabled: true });
    await this.resize(1440, 900);
    await this.go(url);
  }

  async go(url) {
    await this.send("Page.navigate", { url });
    await this.until("document.readyState === 'complete'");
  }

  resize(width, height) {
    return this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  }

  async theme(name) {
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: name }] });
    await pause(100);
  }

  async value(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression, awaitPromise: true, returnByValue: true, userGesture: false,
    });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  /** Waits until an expression is true. */
  async until(expression, milliseconds = 10_000) {
    const end = Date.now() + milliseconds;
    for (;;) {
      if (await this.value(`Boolean(${expression})`).catch(() => false)) return;
      if (Date.now() > end) throw new Error(`still not true: ${expression}`);
      await pause(40);
    }
  }

  text(selector) { return this.value(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ""`); }

  /** Clicks the middle of an element, which must be visible and not be covered. */
  async click(selector) {
    const name = JSON.stringify(selector);
    await this.until(`document.querySelector(${name})`);
    const [x, y, isFree] = await this.value(`(() => {
      const element = document.querySelector(${name});
      element.scrollIntoView({ block: "center", behavior: "instant" });
      const box = element.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const hit = document.elementFromPoint(x, y);
      return [x, y, Boolean(hit) && (element.contains(hit) || hit.contains(element))];
    })()`);
    if (!isFree) throw new Error(`${selector} is covered or outside of the window`);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
  }

  async key(key, { shift = false, code = key, text } = {}) {
    const virtual = {
      Tab: 9, Enter: 13, Escape: 27, " ": 32, End: 35, Home: 36, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40,
    }[key] ?? 0;
    const modifiers = shift ? 8 : 0;
    const typed = text ?? { Enter: "\r", " ": " " }[key];
    await this.send("Input.dispatchKeyEvent", {
      type: typed ? "keyDown" : "rawKeyDown", key, code, text: typed, windowsVirtualKeyCode: virtual, modifiers,
    });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", key, code, windowsVirtualKeyCode: virtual, modifiers });
  }

  /** Replaces the text of a field by typing. */
  async fill(selector, text) {
    await this.click(selector);
    await this.value(`document.querySelector(${JSON.stringify(selector)}).select()`);
    await this.send("Input.insertText", { text });
  }

  /** Chooses an option of a list by its value, as a keyboard does. */
  async choose(selector, value) {
    const name = JSON.stringify(selector);
    await this.value(`document.querySelector(${name}).focus()`);
    const [at, to] = await this.value(`(() => { const list = document.querySelector(${name});
      return [list.selectedIndex, [...list.options].findIndex((each) => each.value === ${JSON.stringify(value)})]; })()`);
    if (to < 0) throw new Error(`${selector} has no option ${value}`);
    for (let step = 0; step < Math.abs(to - at); step += 1) await this.key(to > at ? "ArrowDown" : "ArrowUp");
    await this.until(`document.querySelector(${name}).value === ${JSON.stringify(value)}`);
  }

  async screenshot() {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }
}
