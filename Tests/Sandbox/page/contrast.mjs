// What runs in the page to measure it: the contrast of all visible text, and what is wider than the window.

/** Returns the texts whose contrast with their background is below 4.5 to 1 (WCAG 2.2, level AA). */
export const weakTexts = `(() => {
  const parse = (text) => {
    const numbers = text.match(/[\\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    return { color: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
  };
  const mix = (over, under) => over.color.map((value, index) => value * over.alpha + under[index] * (1 - over.alpha));
  const luminance = (color) => {
    const [red, green, blue] = color.map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) layers.push(parse(getComputedStyle(each).backgroundColor));
    const canvas = parse(getComputedStyle(document.body).backgroundColor).color;
    return layers.reduceRight((under, layer) => mix(layer, under), canvas);
  };
  const weak = [];
  let count = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest(".unseen, noscript, script, .skip, .toast:not(.shown)")) continue;
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    let opacity = 1;
    for (let each = element; each; each = each.parentElement) opacity *= Number(getComputedStyle(each).opacity);
    const behind = background(element);
    const style = parse(getComputedStyle(element).color);
    const front = mix({ color: style.color, alpha: style.alpha * opacity }, behind);
    const [high, low] = [luminance(front), luminance(behind)].sort((one, other) => other - one);
    const ratio = (high + 0.05) / (low + 0.05);
    count += 1;
    if (ratio < 4.5) weak.push(ratio.toFixed(2) + " " + element.tagName + "." + element.className + ": " + node.data.trim().slice(0, 40));
  }
  return { count, weak };
})()`;

/** Returns the elements that reach beyond the right edge of the window; the page must not scroll sideways. */
export const wideElements = `(() => {
  const width = document.documentElement.clientWidth;
  const isScrolling = [document.documentElement, document.body, document.querySelector("main"), document.querySelector("#scroller")]
    .some((each) => each.scrollWidth > each.clientWidth + 1);
  const wide = [...document.querySelectorAll("body *")].filter((each) => {
    if (!each.checkVisibility() || each.closest(".unseen, .sprite, .tabs, .skip, .toast")) return false;
    return each.getBoundingClientRect().right > width + 1;
  });
  return [...(isScrolling ? ["the page scrolls sideways"] : []), ...wide.map((each) => each.tagName + "." + each.className)].slice(0, 5);
})()`;
