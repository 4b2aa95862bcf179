// The page of the sandbox: a live list of calls, one call with its checks, a form that makes a call, and the setup.
// Everything that comes from the server is inserted as text, never as HTML.

const listLimit = 500;
const wide = matchMedia("(min-width: 900px)");
const documentedPath = "/api/v1/issued-cards/pre-issue/waiting/physical";

const stepTitles = {
  endpoint: "endpoint", status: "status", size: "size", headers: "headers", times: "times", caller: "caller",
  token: "token", freshness: "freshness", key: "crypto key", protection: "encryption form", replay: "replay",
  decryption: "decryption", parameters: "parameters",
};

const results = {
  "000_000": "Success.",
  "000_002": "Invalid input parameter.",
  "001_006": "Wallet user not found.",
  "003_011": "Invalid card info.",
  "003_049": "Not found issued cards.",
};

const resultAdvice = {
  "000_002": "Correct the parameters. The sandbox found no fault in the token and in the encryption.",
  "001_006": "Send the userId of a member. The test data has one.",
  "003_011": "Send the card number, the expiry date and the CVC of a card that belongs to the user.",
  "003_049": "Send a card for which a mobile card was issued.",
};

const mistakes = [
  ["none", "None", "The call is correct."],
  ["wrong-secret", "Wrong secret key", "The token is made with another secret key."],
  ["parameters-signed", "Signed before encryption", "The token is the MAC of the parameters, not of the encrypted body."],
  ["stale", "Old token", "The token was made ten minutes ago."],
  ["tran-time-17", "X-KM-Tran-Time with milliseconds", "X-KM-Tran-Time has 17 digits instead of 14."],
  ["correlation-id", "Correlation id without hyphen", "X-KM-Correlation-Id has 19 characters."],
  ["plain", "Not encrypted", "The parameters are sent as plain JSON."],
  ["own-certificate", "Encrypted to the wrong certificate", "The parameters are encrypted to the client's own certificate."],
  ["upper-case-key-id", "Key id in upper case", "X-KM-Crypto-Key-Id is sent in capital letters."],
  ["changed-byte", "Body changed on the way", "One byte of the encrypted body differs from the signed one."],
];

const faults = [
  ["none", "None", "The sandbox answers as the platform does."],
  ["slow", "Slow", "The answer is delayed."],
  ["status-500", "HTTP 500", "The answer has status 500 and no body."],
  ["wrong-key", "Wrong key", "The answer is encrypted to a key that the client does not have."],
  ["cut-body", "Cut body", "The second half of the answer's body is missing."],
];

// MARK: Elements

const $ = (id) => document.getElementById(id);

/** Makes an element. Strings become text nodes; `null` and `false` are left out. */
function h(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function icon(name, label) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("class", `mark ${name}`);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  svg.append(use);
  return svg;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Writes a fragment of the judge as a sentence, unless it begins with a name such as `encData`. */
function sentence(text) {
  if (!text) return "";
  const first = text.split(/[\s:;,]/, 1)[0];
  const start = /^[a-z][a-z'’-]*$/.test(first) ? text[0].toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const pad = (number, length = 2) => String(number).padStart(length, "0");
const number = (value) => value.toLocaleString("en");
const signed = (value) => (value > 0 ? `+${value}` : value < 0 ? `−${-value}` : "0");

function clock(text) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/** Indents JSON without changing a token, so that a number of 19 digits stays as it is. Other text is returned unchanged. */
function indented(text) {
  try { JSON.parse(text); } catch { return text; }
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let depth = 0;
  let output = "";
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (token === "{" || token === "[") {
      const isEmpty = next === "}" || next === "]";
      depth += 1;
      output += token + (isEmpty ? "" : `\n${"  ".repeat(depth)}`);
    } else if (token === "}" || token === "]") {
      const isEmpty = tokens[index - 1] === "{" || tokens[index - 1] === "[";
      depth -= 1;
      output += (isEmpty ? "" : `\n${"  ".repeat(depth)}`) + token;
    } else if (token === ",") output += `,\n${"  ".repeat(depth)}`;
    else if (token === ":") output += ": ";
    else output += token;
  });
  return output;
}

// MARK: Server

async function api(method, path, body) {
  const hasBody = body !== undefined || method === "POST";
  const response = await fetch(path, {
    method,
    cache: "no-store",
    headers: hasBody ? { "Content-Type": "application/json" } : {},
    body: hasBody ? (typeof body === "string" ? body : JSON.stringify(body ?? {})) : undefined,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(failure(text, response.status));
  return (response.headers.get("Content-Type") ?? "").includes("json") ? JSON.parse(text) : text;
}

function failure(text, status) {
  try {
    const value = JSON.parse(text);
    const detail = value.error?.detail ?? value.error?.message ?? value.detail ?? value.message ?? value.error;
    if (typeof detail === "string") return sentence(detail);
  } catch { /* plain text */ }
  return text.trim() || `The sandbox answered with status ${status}.`;
}

let toastTimer = 0;
function toast(text, isFault = false) {
  $("toast").textContent = text;
  $("toast").dataset.tone = isFault ? "rejected" : "plain";
  $("toast").classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $("toast").classList.remove("shown"), isFault ? 6000 : 1800);
}

/** Runs what a button does, and shows why it failed if it does. */
async function attempt(button, work) {
  button?.setAttribute("aria-busy", "true");
  try { return await work(); } catch (error) {
    toast(error instanceof TypeError ? "The sandbox does not answer. Is it running?" : error.message, true);
    return undefined;
  } finally { button?.removeAttribute("aria-busy"); }
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Pages that did not come from this machine have no clipboard interface.
  const area = h("textarea", { class: "unseen", readonly: true });
  const focused = document.activeElement;
  area.value = text;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  focused?.focus();
  if (!isDone) throw new Error("The browser did not allow to copy. Select the text and copy it.");
  return undefined;
}

function copyButton(label, text, { compact = false, what = label } = {}) {
  const words = h("span", null, compact ? "Copy" : label);
  const button = h("button", {
    type: "button", class: compact ? "quiet small" : "quiet", "aria-label": compact ? label : null,
    onclick: () => attempt(button, async () => {
      await copy(await text());
      toast(`${what}: copied`);
      words.textContent = "Copied";
      setTimeout(() => { words.textContent = compact ? "Copy" : label; }, 1500);
    }),
  }, icon("copy"), words);
  return button;
}

function command(text, label) {
  return h("div", { class: "command" }, h("pre", { tabindex: "0", role: "group", "aria-label": label }, text),
    copyButton(`Copy: ${label}`, () => text, { compact: true, what: label }));
}

// MARK: Model

const model = {
  state: null,
  /** The shown calls, newest first. */
  calls: [],
  /** Calls that came while the list was paused or scrolled, newest last. */
  held: [],
  heldCount: 0,
  incoming: [],
  incomingCount: 0,
  filter: "",
  isPaused: false,
  /** The call in the detail view. */
  shown: null,
  isRevealed: false,
  tab: "checks",
  route: { view: "calls", number: null },
  active: null,
};

const rows = new Map();
const matches = (call) => !model.filter || call.verdict === model.filter;

// MARK: List

/** What the settings changed of a call; empty for a call of a proxy. */
const alterations = (call) => call.alterations ?? [];

/** Whether a fault changed the answer so that a client must reject it. */
const isSpoilt = (call) => call.direction === "request" && alterations(call).length > 0 && Boolean(call.responseJudgment);

const statusText = (call) => (call.status === undefined ? "no answer" : String(call.status));

function tone(call) {
  if (call.verdict !== "accepted") return call.verdict;
  return call.status < 300 && alterations(call).length === 0 ? "accepted" : "answered";
}

/** Splits `rejected at token: why` into the step and the reason. */
function headline(call) {
  const match = /^rejected at (\w+): ([\s\S]*)$/.exec(call.summary);
  if (match) return [capital(stepTitles[match[1]] ?? match[1]), sentence(match[2])];
  const cut = /; |, (?=but )|: /.exec(call.summary);
  const title = cut ? call.summary.slice(0, cut.index) : call.summary;
  const note = cut ? call.summary.slice(cut.index + cut[0].length) : "";
  if (call.verdict === "accepted" && call.status >= 300) {
    return ["Accepted", note ? sentence(note) : results[call.resultCode] ?? `Answered with status ${call.status}.`];
  }
  return [capital(title), note ? sentence(note) : ""];
}

function makeRow(call) {
  const [title, reason] = headline(call);
  const path = call.path.replace(/^\/open-api/, "");
  return h("div", {
    role: "option", id: `call-${call.number}`, class: `row ${tone(call)}`, tabindex: "-1", "aria-selected": "false",
    "data-number": call.number,
  },
  icon(call.verdict, capital(call.verdict)),
  h("span", { class: "row-title" }, call.direction === "callback" ? `Callback: ${title.toLowerCase()}` : title),
  h("span", { class: "row-status" }, statusText(call), call.resultCode ? ` ${call.resultCode}` : ""),
  reason && h("span", { class: "row-reason" }, reason),
  h("span", { class: "row-meta" },
    h("span", null, `#${call.number}`), h("span", null, clock(call.receivedAt)),
    h("span", { class: "row-path" }, `${call.method} ${path}`)));
}

function setActive(value) {
  if (model.active !== null) rows.get(model.active)?.setAttribute("tabindex", "-1");
  model.active = value;
  if (value !== null) rows.get(value)?.setAttribute("tabindex", "0");
}

function markSelection() {
  const selected = model.route.view === "calls" ? model.shown?.number ?? null : null;
  for (const row of $("list").querySelectorAll("[aria-selected=true]")) {
    if (Number(row.dataset.number) !== selected) row.setAttribute("aria-selected", "false");
  }
  if (selected !== null) rows.get(selected)?.setAttribute("aria-selected", "true");
}

/** Puts calls at the top of the list, and drops the oldest ones over the limit. */
function show(calls) {
  const fresh = calls.filter((call) => !rows.has(call.number)).slice(-listLimit);
  if (fresh.length === 0) return;
  const fragment = document.createDocumentFragment();
  for (let index = fresh.length - 1; index >= 0; index -= 1) {
    const row = makeRow(fresh[index]);
    rows.set(fresh[index].number, row);
    fragment.append(row);
  }
  $("list").prepend(fragment);
  model.calls.unshift(...fresh.toReversed());
  let hadFocus = false;
  for (const call of model.calls.splice(listLimit)) {
    const row = rows.get(call.number);
    hadFocus ||= row === document.activeElement;
    row?.remove();
    rows.delete(call.number);
  }
  if (!rows.has(model.active)) setActive(model.calls[0].number);
  if (hadFocus) rows.get(model.calls.at(-1).number)?.focus();
  markSelection();
}

function replaceList(calls) {
  const focused = document.activeElement?.closest?.(".row") ? model.active : null;
  $("list").replaceChildren();
  rows.clear();
  Object.assign(model, { calls: [], held: [], heldCount: 0, active: null });
  show(calls);
  if (focused !== null && rows.has(focused)) {
    setActive(focused);
    rows.get(focused).focus();
  }
  showListEnds();
}

const isScrolled = () => (wide.matches ? $("scroller").scrollTop > 8 : model.route.view === "calls" && scrollY > 160);

let flushTimer = 0;
let lastFlush = 0;
function scheduleFlush() {
  if (flushTimer) return;
  // One batch for each frame; in a flood, five batches a second.
  const delay = model.incoming.length > 20 ? Math.max(0, lastFlush + 200 - performance.now()) : 0;
  flushTimer = setTimeout(() => requestAnimationFrame(flush), delay);
}

function flush() {
  flushTimer = 0;
  lastFlush = performance.now();
  const { incoming, incomingCount } = model;
  if (incoming.length > 0) {
    Object.assign(model, { incoming: [], incomingCount: 0 });
    if (model.isPaused || isScrolled()) {
      model.held = model.held.concat(incoming).slice(-listLimit);
      model.heldCount += incomingCount;
    } else {
      show(incoming);
    }
    announce(incoming, incomingCount);
  }
  showListEnds();
  follow();
}

function release() {
  show(model.held);
  Object.assign(model, { held: [], heldCount: 0 });
  showListEnds();
  follow();
}

function showListEnds() {
  const { heldCount, calls, state } = model;
  $("more").hidden = heldCount === 0;
  setText($("more"), heldCount === 0 ? "" : `${number(heldCount)} more ${heldCount === 1 ? "call" : "calls"}`);
  const total = !state ? 0
    : model.filter === "accepted" ? state.acceptedCount : model.filter === "rejected" ? state.rejectedCount : state.callCount;
  const older = total - heldCount - calls.length;
  $("older").hidden = calls.length < listLimit || older <= 0;
  setText($("older"), `The list shows the newest ${listLimit} calls; ${number(older)} more came before.`);
  const isEmpty = calls.length === 0 && heldCount === 0;
  $("list").hidden = isEmpty;
  $("list-empty").hidden = !isEmpty;
  if (isEmpty) {
    setText($("list-empty"), !state?.callCount ? "No calls yet." : model.filter && state.keptCount > 0 ? `No ${model.filter} calls.` : "No calls since the list was cleared.");
  }
  if (state) {
    setText($("count-all"), number(state.callCount));
    setText($("count-rejected"), number(state.rejectedCount));
    setText($("count-accepted"), number(state.acceptedCount));
  }
}

let announceTimer = 0;
let unannounced = { count: 0, rejected: 0, last: null };
function announce(calls, count) {
  unannounced.count += count;
  unannounced.rejected += calls.filter((call) => call.verdict === "rejected").length;
  unannounced.last = calls.at(-1);
  if (announceTimer) return;
  announceTimer = setTimeout(() => {
    const { count: all, rejected, last } = unannounced;
    unannounced = { count: 0, rejected: 0, last: null };
    announceTimer = 0;
    $("live").textContent = all === 1 ? `Call ${last.number}: ${last.summary}` : `${all} new calls, ${rejected} rejected`;
  }, 1000);
}

$("list").addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (!row) return;
  setActive(Number(row.dataset.number));
  row.focus({ preventScroll: true });
  location.hash = `#/call/${row.dataset.number}`;
});

$("list").addEventListener("keydown", (event) => {
  const at = model.calls.findIndex((call) => call.number === model.active);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key in steps) {
    event.preventDefault();
    const index = Math.min(Math.max(at + steps[event.key], 0), model.calls.length - 1);
    setActive(model.calls[index].number);
    rows.get(model.active).focus();
    if (wide.matches) go(`#/call/${model.active}`, true);
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    focusDetail = true;
    go(`#/call/${model.active}`);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.target.closest("input, select, textarea")) return;
  if (model.route.view !== "calls" || (!wide.matches && model.route.number !== null)) go("#/");
  (rows.get(model.active) ?? $("home")).focus();
});

$("scroller").addEventListener("scroll", () => { if (!isScrolled() && !model.isPaused && model.heldCount) release(); });
addEventListener("scroll", () => { if (!wide.matches && !isScrolled() && !model.isPaused && model.heldCount) release(); });
$("more").addEventListener("click", () => {
  release();
  if (wide.matches) $("scroller").scrollTop = 0; else scrollTo(0, 0);
  rows.get(model.calls[0]?.number)?.focus({ preventScroll: true });
  setActive(model.calls[0]?.number ?? null);
});

$("pause").addEventListener("click", () => {
  model.isPaused = !model.isPaused;
  $("pause").setAttribute("aria-pressed", String(model.isPaused));
  $("pause").textContent = model.isPaused ? "Resume" : "Pause";
  if (!model.isPaused) release();
});

$("clear").addEventListener("click", () => attempt($("clear"), async () => applyState(await api("DELETE", "/sandbox/calls"))));

$("filter").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  model.filter = button.dataset.filter;
  for (const each of $("filter").children) each.setAttribute("aria-pressed", String(each === button));
  attempt(button, loadCalls);
});

async function loadCalls() {
  const filter = model.filter;
  const list = await api("GET", `/sandbox/calls?limit=${listLimit}${filter ? `&verdict=${filter}` : ""}`);
  if (filter !== model.filter) return;
  const later = model.incoming;
  Object.assign(model, { incoming: [], incomingCount: 0 });
  const known = new Set(list.calls.map((call) => call.number));
  replaceList(list.calls.concat(later.filter((call) => !known.has(call.number))));
  follow();
}

// MARK: One call

let focusDetail = false;
let followTimer = 0;
let lastFollow = 0;

/** Shows the newest call, at most once in 700 ms, while no call is chosen. */
function follow() {
  if (model.route.view !== "calls" || model.route.number !== null || !wide.matches) return;
  const newest = model.held.at(-1) && !model.isPaused ? model.held.at(-1) : model.calls[0];
  if (!newest) {
    if (model.shown || !$("main").querySelector(".welcome")) showWelcome();
    return;
  }
  if (model.shown?.number === newest.number || followTimer) return;
  followTimer = setTimeout(async () => {
    followTimer = 0;
    lastFollow = performance.now();
    if (model.route.view !== "calls" || model.route.number !== null) return;
    await load((model.held.at(-1) && !model.isPaused ? model.held.at(-1) : model.calls[0])?.number);
    follow();
  }, Math.max(0, lastFollow + 700 - performance.now()));
}

let loading = 0;
async function load(callNumber, isRevealed = false) {
  if (callNumber === undefined) return;
  const ticket = (loading += 1);
  try {
    const call = await api("GET", `/sandbox/calls/${callNumber}${isRevealed ? "?reveal=true" : ""}`);
    if (ticket !== loading || model.route.view !== "calls") return;
    showCall(call);
  } catch (error) {
    if (ticket !== loading || model.route.view !== "calls") return;
    model.shown = null;
    $("main").replaceChildren(h("div", { class: "view" }, backLink(), h("h2", { tabindex: "-1" }, `Call ${callNumber}`),
      h("p", null, error instanceof TypeError ? "The sandbox does not answer. Is it running?" : error.message)));
    markSelection();
  }
}

const backLink = () => h("a", { class: "back", href: "#/" }, icon("back"), "Calls");

function showCall(call) {
  const isSame = model.shown?.number === call.number;
  const focused = isSame ? document.activeElement?.id : null;
  model.shown = call;
  model.isRevealed = call.isRevealed;
  $("main").replaceChildren(callView(call));
  if (!isSame && !wide.matches) scrollTo(0, 0);
  if (!isSame) $("main").scrollTop = 0;
  if (focused) $(focused)?.focus({ preventScroll: true });
  if (focusDetail) {
    focusDetail = false;
    $("main").querySelector("h2")?.focus();
  }
  setActive(rows.has(call.number) ? call.number : model.active);
  markSelection();
}

/** The judgments of a call with what they judge. A callback has only that of its response. */
function judgments(call) {
  if (call.direction === "callback") return [["response", call.responseJudgment ?? call.judgment]];
  return [["request", call.judgment], ...(call.responseJudgment ? [["response", call.responseJudgment]] : [])];
}

/** The finding that matters most: the first failed step, with the message that it is about. */
function finding(call) {
  for (const [subject, judgment] of judgments(call)) {
    const index = judgment.steps.findIndex((step) => step.outcome === "failed");
    if (index >= 0) return { subject, judgment, index, step: judgment.steps[index] };
  }
  return null;
}

function verdictTitle(call, found) {
  if (isSpoilt(call) && call.verdict === "accepted") return "Accepted, and answered wrong on purpose";
  if (call.direction === "callback" && call.status === undefined) return "The callback got no answer";
  const prefix = found?.subject === "response" ? "Response rejected" : "Rejected";
  if (found && found.judgment.verdict === "rejected") return `${prefix} at ${stepTitles[found.step.name] ?? found.step.name}`;
  if (found) return "Accepted, but the parameters are invalid";
  if (call.verdict === "rejected") return "Rejected before the checks";
  if (call.verdict === "undecided") return "Undecided";
  if (call.status >= 500) return `Accepted, but answered with HTTP ${call.status}`;
  if (call.status >= 300) return `Accepted, but answered ${call.resultCode ?? `with HTTP ${call.status}`}`;
  return call.direction === "callback" ? "Callback answered correctly" : "Accepted";
}

function hero(call, { isInline = false } = {}) {
  const found = finding(call);
  const isAnsweredWrong = isSpoilt(call) && found?.subject === "response";
  const isRejected = call.verdict === "rejected" || (found?.judgment.verdict === "rejected" && !isAnsweredWrong);
  const kind = isRejected ? "rejected" : call.verdict === "undecided" ? "undecided" : found ? "answered" : tone(call);
  const main = found?.judgment ?? call.judgment;
  const own = alterations(call).reduce((text, alteration) => text.replace(`; ${alteration}`, ""), main.summary);
  const rest = own.replace(/^(accepted|undecided)(; |: |$)/, "");
  const notes = [...alterations(call), ...(main.warnings ?? [])];
  const note = found ? sentence(found.step.found) : sentence(rest);
  const advice = isAnsweredWrong ? "Check that your client rejects this answer. To get right answers again, take the fault back in Setup."
    : found?.step.fix ?? (call.verdict === "accepted" ? resultAdvice[call.resultCode] : null);
  const heading = verdictTitle(call, found);
  return h("section", { class: `hero ${kind}`, "aria-label": "Verdict" },
    h("div", { class: "hero-head" },
      icon(isRejected ? "rejected" : call.verdict),
      h(isInline ? "h3" : "h2", { tabindex: "-1" }, heading),
      found && h("span", { class: "position" }, `Check ${found.index + 1} of ${found.judgment.steps.length}`)),
    h("dl", { class: "reasons" },
      !found && call.status >= 300 && call.resultCode && call.verdict === "accepted"
        && h("div", null, h("dt", null, "Answer"), h("dd", null, results[call.resultCode] ?? call.resultCode)),
      note && h("div", { class: "why" }, h("dt", null, found ? "Why" : "Note"), h("dd", null, note)),
      found?.step.expected && h("div", null, h("dt", null, "Expected"), h("dd", null, sentence(found.step.expected))),
      advice && h("div", { class: "fix" }, h("dt", null, "Change"), h("dd", null, sentence(advice)))),
    found?.step.difference && differenceView(call, found.subject, found.step.difference),
    notes.length > 0
      && h("ul", { class: "notes" }, notes.map((warning) => h("li", null, icon("warning"), h("span", null, sentence(warning))))));
}

function facts(call) {
  const cause = finding(call)?.step.cause;
  const items = [
    ["Time", clock(call.receivedAt)],
    ["Answer", [statusText(call), call.resultCode].filter(Boolean).join(" ")],
    ["Duration", `${call.milliseconds} ms`],
    call.profile && ["Profile", call.profile],
    call.level && ["Level", call.level],
    call.code && ["Code", call.code],
    cause && ["Cause", cause],
  ].filter(Boolean);
  return h("dl", { class: "facts" }, items.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

function callView(call) {
  const base = `/sandbox/calls/${call.number}`;
  const isFollowing = model.route.number === null;
  return h("article", { class: "view call", "data-number": call.number, "aria-label": `Call ${call.number}` },
    h("div", { class: "crumbs" }, backLink(),
      h("p", { class: "line" }, h("span", { class: "no" }, `#${call.number}`), " ",
        h("span", { class: "method" }, call.method), " ", h("span", { class: "path" }, call.path)),
      h("p", { class: "follow" }, isFollowing ? "Newest call" : h("a", { href: "#/" }, "Follow newest"))),
    hero(call),
    facts(call),
    h("div", { class: "actions" },
      copyButton("Copy as curl", () => api("GET", `${base}/curl`), { what: "curl command" }),
      copyButton("Copy bug report", () => api("GET", `${base}/report`), { what: "Bug report" }),
      h("a", { class: "button quiet", href: `${base}/vector`, download: `call-${call.number}.json` },
        icon("download"), h("span", null, "Export as test vector"))),
    tabs(call));
}

const tabNames = [["checks", "Checks"], ["parameters", "Parameters"], ["request", "Request"], ["response", "Response"]];

function tabs(call) {
  const panel = h("div", { class: "panel", role: "tabpanel", id: "panel", tabindex: "0" });
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the call" });
  const choose = (name, hasFocus) => {
    model.tab = name;
    for (const tab of list.children) {
      const isChosen = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      if (isChosen && hasFocus) tab.focus();
    }
    panel.setAttribute("aria-labelledby", `tab-${name}`);
    panel.replaceChildren(...[panels[name](call)].flat().filter(Boolean));
  };
  for (const [name, title] of tabNames) {
    list.append(h("button", {
      type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "panel", onclick: () => choose(name, false),
    }, title));
  }
  list.addEventListener("keydown", (event) => {
    const at = tabNames.findIndex(([name]) => name === model.tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabNames.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(tabNames[(to + tabNames.length) % tabNames.length][0], true);
  });
  choose(model.tab, false);
  return [list, panel];
}

const panels = {
  checks: (call) => judgments(call).map(([subject, judgment], index, all) => [
    (all.length > 1 || subject === "response") && h("h3", null, `Checks of the ${subject}`),
    judgment.steps.length > 0 ? checklist(call, subject, judgment)
      : h("p", { class: "hint" }, "No check was made, because the message was not read."),
  ]).flat(),
  parameters: (call) => [
    h("div", { class: "panel-head" },
      h("p", { class: "hint" }, call.isRevealed ? "Card data and credentials are shown."
        : "Card numbers, CVCs and credentials are masked."),
      h("button", {
        type: "button", id: "reveal", "aria-pressed": String(call.isRevealed), onclick: () => load(call.number, !call.isRevealed),
      }, call.isRevealed ? "Hide" : "Reveal")),
    textBlock("Request parameters", call.parameters, "The request was not decrypted."),
    textBlock("Response parameters", call.responseParameters, "There are no response parameters."),
  ],
  request: (call) => [
    h("h3", null, "Headers"), headerTable(call, call.request.headers, "request"),
    textBlock("Body", call.request.body, "The body is empty.", call.request.byteCount),
  ],
  response: (call) => [
    h("p", { class: "http" }, call.response.status === undefined ? "There is no response." : `HTTP ${call.response.status}`),
    h("h3", null, "Headers"), headerTable(call, call.response.headers, "response"),
    textBlock("Body", call.response.body, "The body is empty.", call.response.byteCount),
  ],
};

function checklist(call, subject, judgment) {
  const words = { passed: "passed", failed: "failed", notChecked: "not checked" };
  return h("ol", { class: "checks" }, judgment.steps.map((step) => h("li", { class: `check ${step.outcome}` },
    icon(step.outcome, words[step.outcome]),
    h("div", { class: "check-name" }, capital(stepTitles[step.name] ?? step.name),
      step.outcome !== "passed" && h("span", { class: "outcome" }, words[step.outcome])),
    h("dl", { class: "check-body" },
      step.expected && pair("Expected", sentence(step.expected)),
      step.found && pair("Found", sentence(step.found)),
      step.cause && pair("Cause", h("code", null, step.cause)),
      step.fix && pair("Change", sentence(step.fix), "fix")),
    step.difference && differenceView(call, subject, step.difference))));
}

function pair(name, value, kind) {
  return h("div", { class: kind ?? null }, h("dt", null, name), h("dd", null, value));
}

function differenceView(call, subject, difference) {
  const place = difference.place === "body" ? "the body" : difference.place === "parameters" ? "the parameters" : difference.place;
  const around = surroundings(call, subject, difference);
  return h("div", { class: "difference" },
    h("p", null, "First differing byte: ", h("b", null, `byte ${number(difference.offset)}`), ` of ${place}`,
      difference.expected != null && [", expected ", h("code", { class: "expected" }, difference.expected)],
      difference.found != null && [", found ", h("code", { class: "found" }, difference.found)]),
    around && h("pre", { class: "excerpt" }, around.before, h("mark", null, around.byte), around.after));
}

/** The text around a byte; nil if the page does not have the text as it was sent. */
function surroundings(call, subject, { place, offset }) {
  const message = call[subject];
  const value = place === "body" ? message.body
    : place === "parameters" ? (subject === "request" ? call.parameters : call.responseParameters)
      : message.headers.find(([name]) => name.toLowerCase() === place.toLowerCase())?.[1];
  if (typeof value !== "string" || value.includes("…") || value.includes("\uFFFD")) return null;
  const bytes = new TextEncoder().encode(value);
  if (offset >= bytes.length || (place === "body" && bytes.length !== message.byteCount)) return null;
  const text = (from, to) => new TextDecoder().decode(bytes.subarray(Math.max(0, from), to))
    .replace(/[\u0000-\u001f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)));
  return {
    before: (offset > 20 ? "…" : "") + text(offset - 20, offset),
    byte: text(offset, offset + 1),
    after: text(offset + 1, offset + 21) + (offset + 21 < bytes.length ? "…" : ""),
  };
}

function headerTable(call, headers, subject) {
  const found = finding(call);
  const reason = found?.subject === subject ? `${found.step.found} ${found.step.difference?.place ?? ""}` : "";
  if (headers.length === 0) return h("p", { class: "hint" }, "There are no headers.");
  return h("dl", { class: "headers" }, headers.map(([name, value]) => h("div", {
    class: name.length > 5 && reason.toLowerCase().includes(name.toLowerCase()) ? "suspect" : null,
  }, h("dt", null, name), h("dd", null, value))));
}

function textBlock(title, text, absence, byteCount) {
  const isEmpty = text === null || text === undefined || text === "";
  return h("section", { class: "block" },
    h("div", { class: "block-head" }, h("h3", null, title),
      byteCount !== undefined && h("span", { class: "hint" }, `${number(byteCount)} bytes`),
      !isEmpty && copyButton(`Copy: ${title}`, () => text, { compact: true, what: title })),
    isEmpty ? h("p", { class: "hint" }, absence)
      : h("pre", { tabindex: "0", role: "group", "aria-label": title }, byteCount === undefined ? indented(text) : text));
}

/** Whoever touches the newest call wants to keep it. */
for (const type of ["pointerdown", "keydown"]) {
  $("main").addEventListener(type, (event) => {
    if (model.route.view !== "calls" || model.route.number !== null || !model.shown) return;
    if (event.key === "Tab" || event.key === "Escape" || event.key === "Shift") return;
    model.route.number = model.shown.number;
    history.replaceState(null, "", `#/call/${model.shown.number}`);
    const note = $("main").querySelector(".follow");
    note?.replaceChildren(h("a", { href: "#/" }, "Follow newest"));
  });
}

// MARK: Welcome

function quoted(text) { return `'${text.replaceAll("'", "'\\''")}'`; }

function firstCommand() {
  const data = model.state?.testData?.[0]?.parameters ?? {};
  const values = Object.fromEntries(fields.map(([name]) => [name, String(data[name] ?? "")]));
  const body = `{"parameters":${parametersText(values)},"profile":"documented","level":"message"}`;
  return `curl -sS -H 'Content-Type: application/json' \\\n  -d ${quoted(body)} \\\n  ${location.origin}/sandbox/try`;
}

function nodeCommand() {
  return `curl -sSO ${location.origin}/sandbox/credentials.json\n`
    + `node Tests/Sandbox/first-call.mjs ${model.state?.baseURL ?? ""} credentials.json`;
}

const isProxy = () => model.state?.mode === "proxy";

function showWelcome() {
  model.shown = null;
  $("main").replaceChildren(welcome());
  markSelection();
}

function welcome() {
  if (isProxy()) {
    return h("div", { class: "view welcome" }, h("h2", null, "Waiting for the first call"),
      h("ol", { class: "lines" },
        h("li", null, "Point your client at ", h("code", null, model.state.baseURL), "."),
        h("li", null, "Each call goes on to ", h("code", null, model.state.target ?? "the server"), "."),
        h("li", null, "The call appears here with each check of the request and of the response.")));
  }
  return h("div", { class: "view welcome" },
    h("h2", null, "Make the first call"),
    h("ol", { class: "lines" },
      h("li", null, "Send the documented call from ", h("a", { href: "#/try" }, "Try it"), ", or run the command below."),
      h("li", null, "Point your client at ", h("code", null, model.state?.baseURL ?? "the base URL"), " with the ",
        h("a", { href: "/sandbox/credentials.json", download: "credentials.json" }, "credentials"), " of this sandbox."),
      h("li", null, "Each call appears here with the check that failed, the cause and what to change.")),
    command(firstCommand(), "First call with curl"));
}

// MARK: Try it

const fields = [
  ["userId", "User", "Number, 1 to 9999999999999999999", 19],
  ["physicalCardNo", "Card number", "String, 16 digits", 16],
  ["physicalCardExpDate", "Expiry date", "String, YYMM", 4],
  ["physicalCardCVC", "CVC", "String, 3 digits", 3],
];

/** Writes the parameters as JSON; the digits of a number stay as they were typed. */
function parametersText(values) {
  return `{${fields.map(([name]) => name).filter((name) => values[name] !== "").map((name) => {
    const isNumber = name === "userId" && /^(0|[1-9]\d*)$/.test(values[name]);
    return `${JSON.stringify(name)}:${isNumber ? values[name] : JSON.stringify(values[name])}`;
  }).join(",")}}`;
}

function segmented(name, title, choices) {
  return h("fieldset", { class: "segments" }, h("legend", null, title),
    choices.map(([value, label], index) => h("label", null,
      h("input", { type: "radio", name, value, checked: index === 0 }), h("span", null, label))));
}

function makeTryView() {
  const inputs = Object.fromEntries(fields.map(([name, , , length]) => [name, h("input", {
    type: "text", id: `field-${name}`, name, autocomplete: "off", spellcheck: "false", maxlength: length + 8,
    inputmode: "numeric", "aria-describedby": `hint-${name}`,
  })]));
  const presets = h("div", { class: "presets", role: "group", "aria-label": "Test data" });
  const values = () => Object.fromEntries(fields.map(([name]) => [name, inputs[name].value.trim()]));
  const markPreset = () => {
    for (const button of presets.children) {
      const parameters = model.state.testData[Number(button.dataset.index)].parameters;
      button.setAttribute("aria-pressed", String(fields.every(([name]) => String(parameters[name] ?? "") === inputs[name].value)));
    }
  };
  model.state.testData.forEach((data, index) => presets.append(h("button", {
    type: "button", class: "preset", "data-index": index, "aria-pressed": "false",
    onclick: () => {
      for (const [name] of fields) inputs[name].value = String(data.parameters[name] ?? "");
      markPreset();
    },
  },
  h("span", { class: "preset-name" }, capital(data.name.replaceAll("-", " "))),
  h("span", { class: "preset-code" }, `${data.expected.status} ${data.expected.code}`),
  h("span", { class: "preset-text" }, data.description))));
  const mistakeNote = h("p", { class: "hint", id: "hint-mistake" }, mistakes[0][2]);
  const mistake = h("select", {
    id: "mistake", name: "mistake", "aria-describedby": "hint-mistake",
    onchange: () => { mistakeNote.textContent = mistakes.find(([name]) => name === mistake.value)[2]; },
  }, mistakes.map(([name, title]) => h("option", { value: name }, title)));
  const send = h("button", { type: "submit", class: "primary", id: "send" }, "Send the call");
  const result = h("div", { class: "result", id: "result", tabindex: "-1" });
  const form = h("form", {
    novalidate: true,
    onsubmit: (event) => {
      event.preventDefault();
      const data = new FormData(form);
      attempt(send, async () => {
        const options = { profile: data.get("profile"), level: data.get("level") };
        if (mistake.value !== "none") options.mistake = mistake.value;
        const call = await api("POST", "/sandbox/try", `{"parameters":${parametersText(values())},${JSON.stringify(options).slice(1)}`);
        result.replaceChildren(hero(call, { isInline: true }),
          h("p", { class: "result-link" }, h("a", { class: "button", href: `#/call/${call.number}` }, `Open call #${call.number}`)));
        result.scrollIntoView({ block: "nearest" });
      });
    },
    oninput: markPreset,
  },
  h("h3", null, "Test data"),
  presets,
  h("h3", null, "Parameters"),
  h("div", { class: "fields" }, fields.map(([name, label, hint]) => h("div", { class: "field" },
    h("label", { for: `field-${name}` }, label, h("code", null, name)), inputs[name],
    h("p", { class: "hint", id: `hint-${name}` }, hint)))),
  h("p", { class: "hint" }, "An empty field is left out of the call."),
  h("h3", null, "Form of the call"),
  h("div", { class: "choices" },
    segmented("profile", "Profile", [["documented", "Documented"], ["gateway", "Gateway"]]),
    segmented("level", "Encryption", [["message", "Whole message"], ["field", "By field"]]),
    h("div", { class: "field" }, h("label", { for: "mistake" }, "Deliberate mistake"), mistake, mistakeNote)),
  h("div", { class: "submit" }, send));
  presets.firstElementChild?.click();
  return h("div", { class: "view try" }, h("h2", { tabindex: "-1" }, "Try it"),
    h("p", { class: "line" }, h("span", { class: "method" }, "POST"), " ", h("span", { class: "path" }, documentedPath)),
    h("p", { class: "lead" }, "The sandbox makes the call with its client's keys and sends it to itself."), form, result);
}

// MARK: Setup

/** What the button for the next step of the rotation does. */
function nextStep(keys) {
  const own = keys.filter((key) => !key.isOther);
  const other = own.filter((key) => !key.isPrimary);
  if (other.some((key) => key.state === "inactive")) return "Discard the old key";
  const active = own.findIndex((key) => !key.isPrimary && key.state === "active");
  if (active < 0) return "Add a new key";
  // The newest key comes first.
  return active < own.findIndex((key) => key.isPrimary) ? "Make the new key primary" : "Deactivate the old key";
}

const setup = { view: null, update: () => {} };

function makeSetupView() {
  const change = (control, settings) => attempt(control, async () => applyState(await api("PUT", "/sandbox/settings", settings)));

  // Credentials
  const values = h("dl", { class: "values" });
  const files = [
    ["/sandbox/credentials.json", "credentials.json", "All of them in one JSON file"],
    ["/sandbox/files/server.cert.pem", "server.cert.pem", "Encrypts requests"],
    ["/sandbox/files/client.private.pem", "client.private.pem", "Decrypts responses"],
    ["/sandbox/files/client.cert.pem", "client.cert.pem", "Belongs to the private key"],
    ["/sandbox/files/secret", "secret", "Signs requests"],
  ];
  const commands = h("div", null);

  // Keys
  const table = h("ul", { class: "keys" });
  const rotate = h("button", {
    type: "button", id: "rotate",
    onclick: () => attempt(rotate, async () => applyState(await api("POST", "/sandbox/keys/rotate"))),
  });
  const rotateNote = h("p", { class: "hint" });

  // Clock
  const skewText = h("output", { class: "skew", for: "skew" });
  const describeSkew = (seconds) => {
    skewText.textContent = seconds === 0 ? "The server's clock is right."
      : `The server's clock is ${Math.abs(seconds)} s ${seconds > 0 ? "fast" : "slow"}.`;
  };
  const skew = h("input", {
    type: "range", id: "skew", min: "-600", max: "600", step: "10", "aria-label": "Clock skew in seconds",
    oninput: () => { describeSkew(Number(skew.value)); skewNumber.value = skew.value; },
    onchange: () => change(skew, { clockSkewSeconds: Number(skew.value) }),
  });
  const skewNumber = h("input", {
    type: "number", id: "skew-number", min: "-600", max: "600", step: "1", "aria-label": "Clock skew in seconds, as a number",
    onchange: () => {
      const seconds = Math.min(600, Math.max(-600, Math.round(Number(skewNumber.value) || 0)));
      change(skewNumber, { clockSkewSeconds: seconds });
    },
  });
  const skewReset = h("button", { type: "button", class: "quiet", id: "skew-reset", onclick: () => change(skewReset, { clockSkewSeconds: 0 }) }, "Reset");

  // Faults
  const delay = h("input", {
    type: "number", id: "delay", min: "0", max: "60000", step: "100",
    onchange: () => change(delay, { delayMilliseconds: Math.min(60000, Math.max(0, Math.round(Number(delay.value) || 0))) }),
  });
  const faultInputs = faults.map(([value]) => h("input", {
    type: "radio", name: "fault", value, id: `fault-${value}`, onchange: () => change(null, { fault: value }),
  }));

  // Callback
  const callbackURL = h("input", { type: "url", id: "callback-url", autocomplete: "off", spellcheck: "false", placeholder: "http://127.0.0.1:9000/callback" });
  const callbackParameters = h("textarea", { id: "callback-parameters", rows: "3", spellcheck: "false" });
  callbackParameters.value = '{"userId":50000104652}';
  const callbackResult = h("div", { class: "result", role: "status" });
  const callbackSend = h("button", { type: "submit", id: "callback-send" }, "Send the callback");
  const callback = h("form", {
    novalidate: true,
    onsubmit: (event) => {
      event.preventDefault();
      attempt(callbackSend, async () => {
        callbackResult.replaceChildren();
        const text = callbackParameters.value;
        try { JSON.parse(text); } catch { throw new Error("The parameters must be a JSON object."); }
        // The parameters stay as they were typed, so that no digit of a number is lost.
        const url = callbackURL.value.trim();
        const answer = await api("POST", "/sandbox/callback", `{${url ? `"url":${JSON.stringify(url)},` : ""}"parameters":${text}}`);
        callbackResult.replaceChildren(
          answer.number !== undefined ? hero(answer, { isInline: true }) : h("p", null, `${answer.status}: ${sentence(answer.judgment.summary)}`),
          answer.number !== undefined && h("p", { class: "result-link" }, h("a", { class: "button", href: `#/call/${answer.number}` }, `Open call #${answer.number}`)));
      });
    },
  },
  h("div", { class: "field" }, h("label", { for: "callback-url" }, "URL of your server"), callbackURL),
  h("div", { class: "field" }, h("label", { for: "callback-parameters" }, "Parameters (JSON)"), callbackParameters),
  h("div", { class: "submit" }, callbackSend));

  const restore = h("button", {
    type: "button", id: "restore",
    onclick: () => attempt(restore, async () => {
      applyState(await api("DELETE", "/sandbox/state"));
      toast("Members, cards, applications, the clock and the faults are those of the start.");
    }),
  }, "Restore the test data");

  const section = (title, lead, ...content) => h("section", { class: "card", "aria-label": title }, h("h3", null, title),
    lead && h("p", { class: "lead" }, lead), ...content);

  setup.view = h("div", { class: "view setup" }, h("h2", { tabindex: "-1" }, "Setup"),
    section("Credentials", "Give these to your client.", values,
      h("ul", { class: "files" }, files.map(([path, name, text]) => h("li", null,
        h("a", { href: path, download: name }, icon("download"), h("code", null, name)), h("span", { class: "hint" }, text))))),
    section("First call", null, commands),
    section("Keys", "Requests are encrypted under the primary key.", table, h("div", { class: "submit" }, rotate), rotateNote),
    section("Clock", "The sandbox judges the times of calls by this clock.",
      h("div", { class: "range" }, skew, h("div", { class: "ends", "aria-hidden": "true" }, h("span", null, "−600 s"), h("span", null, "0"), h("span", null, "+600 s"))),
      h("div", { class: "inline" }, skewNumber, h("span", { class: "hint" }, "s"), skewReset, skewText)),
    section("Faults", "The sandbox damages its answers, so that you can test your client.",
      h("fieldset", { class: "radios" }, h("legend", { class: "unseen" }, "Fault"), faults.map(([value, title, text], index) =>
        h("div", { class: "radio" }, h("label", null, faultInputs[index], h("span", { class: "radio-text" }, h("b", null, title), h("span", { class: "hint" }, text))),
          value === "slow" && h("label", { class: "delay" }, h("span", { class: "hint" }, "Delay"), delay, h("span", { class: "hint" }, "ms")))))),
    section("Callback", "The sandbox calls your server as the platform does, and judges the answer.", callback, callbackResult),
    section("Test data", "Calls may change members, cards and applications. Restoring them also takes back the clock and the fault.", restore));

  let known = "";
  setup.update = (state) => {
    const text = JSON.stringify([state.keys, state.aspId, state.accessKey, state.timeZone, state.baseURL]);
    if (text !== known) {
      known = text;
      const primary = state.keys.find((key) => key.isPrimary);
      const items = [["ASP id", state.aspId], ["Access key", state.accessKey], ["Crypto key id", primary?.id ?? ""], ["Time zone", state.timeZone]];
      values.replaceChildren(...items.map(([name, value]) => h("div", null, h("dt", null, name),
        h("dd", null, h("code", null, value), copyButton(`Copy: ${name}`, () => value, { compact: true, what: name })))));
      commands.replaceChildren(h("h4", null, "curl: the sandbox makes the call"), command(firstCommand(), "First call with curl"),
        h("h4", null, "Node: a client of its own, from a checkout of KMSecurity"), command(nodeCommand(), "First call with Node"));
      table.replaceChildren(...state.keys.map((key) => h("li", { class: `key ${key.state}`, "data-id": key.id },
        h("code", { class: "key-id" }, key.id),
        h("span", { class: "chips" }, h("span", { class: `chip ${key.state}` }, key.state),
          key.isPrimary && h("span", { class: "chip primary" }, "primary"), key.isOther && h("span", { class: "chip" }, "second key")),
        h("span", { class: "hint" }, `Certificate until ${key.certificateNotAfter.slice(0, 10)}`))));
      rotate.textContent = `Next rotation step: ${nextStep(state.keys).replace(/^./, (letter) => letter.toLowerCase())}`;
      rotateNote.textContent = state.keys.some((key) => key.isOther)
        ? "A rotation adds a key, makes it primary, deactivates the old key and discards it. The second key of the caller stays as it is."
        : "A rotation adds a key, makes it primary, deactivates the old key and discards it.";
    }
    if (document.activeElement !== skew) skew.value = String(state.clockSkewSeconds);
    if (document.activeElement !== skewNumber || skewNumber.getAttribute("aria-busy")) skewNumber.value = String(state.clockSkewSeconds);
    describeSkew(state.clockSkewSeconds);
    if (document.activeElement !== delay) delay.value = String(state.delayMilliseconds);
    for (const input of faultInputs) input.checked = input.value === state.fault;
    if (state.callbackURL && !callbackURL.value) callbackURL.value = state.callbackURL;
  };
  setup.update(model.state);
}

// MARK: State

let startedAt = null;

function applyState(state) {
  const isFirst = model.state === null;
  const isCleared = state.keptCount === 0 && (model.calls.length > 0 || model.heldCount > 0);
  model.state = state;
  if (startedAt !== null && state.startedAt !== startedAt) go("#/");
  startedAt = state.startedAt ?? null;
  document.body.dataset.mode = state.mode ?? "sandbox";
  setText($("base-url"), state.baseURL);
  const badges = [];
  if (state.clockSkewSeconds) badges.push(`Clock ${signed(state.clockSkewSeconds)} s`);
  if (state.fault && state.fault !== "none") badges.push(`Fault: ${faults.find(([name]) => name === state.fault)?.[1].toLowerCase() ?? state.fault}`);
  if (isProxy()) badges.push("Proxy");
  $("badges").replaceChildren(...badges.map((text) => (isProxy() ? h("span", { class: "badge" }, text) : h("a", { class: "badge", href: "#/setup" }, text))));
  $("warnings").hidden = state.warnings.length === 0;
  $("warnings").replaceChildren(...state.warnings.map((warning) => h("li", null, icon("warning"), h("span", null, sentence(warning)))));
  if (setup.view) setup.update(state);
  if (isCleared) {
    Object.assign(model, { incoming: [], incomingCount: 0 });
    replaceList([]);
    if (model.route.view === "calls") go("#/");
    showWelcomeIfNeeded();
  }
  showListEnds();
  if (isFirst) render();
}

function showWelcomeIfNeeded() {
  if (model.route.view === "calls" && model.route.number === null) showWelcome();
}

let stateTimer = 0;
/** Counts are exact only after the state was read again. */
function refreshState() {
  if (stateTimer) return;
  stateTimer = setTimeout(async () => {
    stateTimer = 0;
    try { applyState(await api("GET", "/sandbox/state")); } catch { /* the event stream shows that the sandbox is away */ }
  }, 1500);
}

function connect() {
  const events = new EventSource("/sandbox/events");
  events.addEventListener("open", () => {
    setStatus("connected", "Connected");
    attempt(null, async () => {
      applyState(await api("GET", "/sandbox/state"));
      await loadCalls();
    });
  });
  events.addEventListener("error", () => {
    setStatus("disconnected", "Disconnected");
    // A browser gives up after an answer that is not an event stream.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
  events.addEventListener("state", (event) => applyState(JSON.parse(event.data)));
  events.addEventListener("call", (event) => {
    const call = JSON.parse(event.data);
    if (model.state) {
      model.state.callCount += 1;
      if (call.verdict === "accepted") model.state.acceptedCount += 1;
      if (call.verdict === "rejected") model.state.rejectedCount += 1;
      model.state.keptCount += 1;
    }
    if (matches(call)) {
      model.incoming.push(call);
      model.incomingCount += 1;
      if (model.incoming.length > 2 * listLimit) model.incoming.splice(0, listLimit);
    }
    scheduleFlush();
    refreshState();
  });
}

function setStatus(state, text) {
  $("status").dataset.state = state;
  setText($("status"), text);
}

// MARK: Views

let tryView = null;

function parseRoute() {
  const hash = location.hash.replace(/^#\/?/, "");
  const match = /^call\/(\d{1,15})$/.exec(hash);
  if (match) return { view: "calls", number: Number(match[1]) };
  if ((hash === "try" || hash === "setup") && !isProxy()) return { view: hash, number: null };
  return { view: "calls", number: null };
}

function go(hash, isReplacing = false) {
  if (location.hash === hash || (hash === "#/" && location.hash === "")) {
    render();
    return;
  }
  if (isReplacing) {
    history.replaceState(null, "", hash);
    render();
  } else {
    location.hash = hash;
  }
}

let renderedNumber;
function render() {
  const previous = model.route;
  model.route = parseRoute();
  const { view, number: chosen } = model.route;
  document.body.dataset.view = view === "calls" && chosen !== null ? "call" : view;
  for (const link of document.querySelectorAll(".views a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  if (!model.state) return;
  if (view === "try" || view === "setup") {
    loading += 1;
    model.shown = null;
    if (view === "try") tryView ??= makeTryView();
    else if (!setup.view) makeSetupView();
    const element = view === "try" ? tryView : setup.view;
    if ($("main").firstElementChild !== element) $("main").replaceChildren(element);
    if (previous.view !== view) { $("main").scrollTop = 0; if (!wide.matches) scrollTo(0, 0); }
  } else if (chosen !== null) {
    if (model.shown?.number !== chosen || renderedNumber !== chosen) load(chosen);
    else if (focusDetail) { focusDetail = false; $("main").querySelector("h2")?.focus(); }
  } else if (wide.matches) {
    if (previous.number !== null) model.shown = null;
    if (previous.view !== "calls") $("main").replaceChildren();
    lastFollow = 0;
    follow();
  } else {
    loading += 1;
    model.shown = null;
    $("main").replaceChildren();
    if (model.calls.length === 0) showWelcome();
  }
  renderedNumber = chosen;
  markSelection();
}

addEventListener("hashchange", render);
wide.addEventListener("change", render);
$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  ($("main").querySelector("h2[tabindex]") ?? $("main")).focus();
});
$("copy-base").addEventListener("click", () => attempt($("copy-base"), async () => {
  await copy($("base-url").textContent);
  toast("Base URL: copied");
}));

// MARK: Theme

const themes = ["auto", "light", "dark"];
function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = theme;
  const button = $("theme");
  button.querySelector("use").setAttribute("href", `#i-${theme}`);
  const text = `Theme: ${theme === "auto" ? "as the system" : theme}`;
  button.setAttribute("aria-label", text);
  button.title = text;
}
function storedTheme() {
  try {
    const theme = localStorage.getItem("theme");
    return themes.includes(theme) ? theme : "auto";
  } catch { return "auto"; }
}
let theme = storedTheme();
setTheme(theme);
$("theme").addEventListener("click", () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  setTheme(theme);
  try { localStorage.setItem("theme", theme); } catch { /* the choice lasts until the page is closed */ }
});

render();
connect();
