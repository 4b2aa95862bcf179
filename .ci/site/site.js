// Opens the lists beside the text on wide screens, and searches the titles and abstracts of all pages.
for (const [name, width] of [[".menu", "60em"], [".toc", "80em"]]) {
  const element = document.querySelector(name);
  const wide = matchMedia(`(min-width: ${width})`);
  const show = () => { if (element) element.open = wide.matches; };
  show();
  wide.addEventListener("change", show);
}
document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest" });

const root = document.documentElement.dataset.root;
const search = document.querySelector(".search");
const field = search.querySelector("input");
const results = search.querySelector("ul");
search.hidden = false;

// A script and not a fetch, because a page of a folder must not fetch.
let loading;
const load = () => loading ??= new Promise((resolve) => {
  const script = document.createElement("script");
  script.src = `${root}search-index.js`;
  script.onload = resolve;
  document.head.append(script);
});

function rank([title, kind, , abstract], words) {
  let sum = /^(Article|Module),/.test(kind) ? 2 : 0;
  for (const word of words) {
    const at = title.toLowerCase().indexOf(word);
    if (at === 0) sum += title.length === word.length ? 8 : 4;
    else if (at > 0) sum += /[a-z]/i.test(title[at - 1]) ? 2 : 3;
    else if (abstract.toLowerCase().includes(word)) sum += 1;
    else return 0;
  }
  return sum - title.length / 1000;
}

async function find() {
  await load();
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length === 0 ? [] : searchIndex.map((entry) => [rank(entry, words), entry])
    .filter(([sum]) => sum > 0).sort((one, other) => other[0] - one[0]).slice(0, 20);
  results.replaceChildren(...found.map(([, [title, kind, href, abstract]]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const note = document.createElement("small");
    link.href = root + href;
    link.textContent = title;
    note.textContent = abstract ? `${kind}. ${abstract}` : kind;
    link.append(note);
    item.append(link);
    return item;
  }));
  if (words.length > 0 && found.length === 0) results.textContent = "Nothing found";
}

field.addEventListener("focus", load);
field.addEventListener("input", find);
search.addEventListener("keydown", (event) => {
  const stops = [field, ...results.querySelectorAll("a")];
  const at = stops.indexOf(document.activeElement);
  if (event.key === "ArrowDown") stops[Math.min(at + 1, stops.length - 1)].focus();
  else if (event.key === "ArrowUp") stops[Math.max(at - 1, 0)].focus();
  else if (event.key === "Enter" && at === 0 && stops[1]) stops[1].click();
  else if (event.key === "Escape") { field.value = ""; results.replaceChildren(); field.focus(); }
  else return;
  event.preventDefault();
});
search.addEventListener("focusout", (event) => {
  if (!search.contains(event.relatedTarget)) results.replaceChildren();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) { event.preventDefault(); field.focus(); }
});
