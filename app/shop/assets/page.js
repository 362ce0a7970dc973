// What a page must do for those who do not see it or have no mouse, and Streamlit leaves undone: the language of the
// document, landmarks and lists, one voice for what changes, and a place for the keyboard when what had it is gone.
// Everything here is safe to do twice: Streamlit builds parts of a page anew whenever it likes.

const QUIET_MS = 150; // without a change: then the page stands
const HEADINGS = ".heading h1, .details h1, .panel h1";
const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]), [tabindex='0']";

let words = {};
let shown = ""; // answers that were brought into sight

begin();

function begin() {
  let timer = 0;
  let had = null; // what last had the keyboard, and where that was
  let more = null; // how many toys stood there when more were asked for
  let said = "";
  let place = location.pathname + location.search.replace(/[?&]lang=\w+/, "");
  let pointer = false;
  let at = location.pathname + toyOf();
  let back = false;

  const voice = document.createElement("div");
  voice.className = "unseen";
  voice.id = "toyguide-voice";
  voice.setAttribute("role", "status");
  document.body.append(voice);

  window.addEventListener("popstate", () => { back = true; });
  document.addEventListener("focusin", (event) => { had = where(event.target); });
  document.addEventListener("pointerdown", () => { pointer = true; know(); }, true);
  document.addEventListener("keydown", () => { pointer = false; know(); }, true);
  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    if (target.closest(".to-shelf")) {
      event.preventDefault();
      event.stopPropagation(); // an address of its own would be a page of its own to Streamlit
      const shelf = document.querySelector(".st-key-found");
      shelf?.scrollIntoView({ block: "start" });
      pointer = true;
      give(shelf?.querySelector("h2"));
    }
    if (target.closest(".st-key-more")) more = document.querySelectorAll("[class*='st-key-card-']").length;
    if (target.closest("[data-testid='stSkipToContent']")) {
      event.preventDefault();
      event.stopPropagation(); // Streamlit would go to the whole page, its links first
      toHeading();
    }
  }, true);
  let marking = 0;
  new MutationObserver(() => {
    marking ||= requestAnimationFrame(() => { // once a picture of the screen, however much came
      marking = 0;
      fromTheTop();
      mark();
    });
    clearTimeout(timer);
    timer = setTimeout(settle, QUIET_MS);
  }).observe(document.body, {
    childList: true, subtree: true, characterData: true, attributeFilter: ["data-test-script-state", "href"],
  });

  // A page begins at its top, not where the one before was left; on the way back the browser knows better.
  function fromTheTop() {
    if (at === location.pathname + toyOf()) return;
    at = location.pathname + toyOf();
    const main = document.querySelector("[data-testid='stMain']");
    if (main && !back) main.scrollTop = 0;
    back = false;
  }

  function settle() {
    if (document.querySelector("[data-testid='stApp'][data-test-script-state='running']")) {
      timer = setTimeout(settle, QUIET_MS); // it may still bring what was there before
      return;
    }
    const now = location.pathname + location.search.replace(/[?&]lang=\w+/, "");
    const moved = now !== place;
    place = now;
    say(moved);
    keep(moved);
    showChosen();
  }

  // What stands when somebody first does something is not new, also where that is before the page has settled.
  function know() {
    if (said === "" && document.querySelector(".shelf-head, .panel")) said = standing().join(" | ");
  }

  function standing() {
    const toasts = [...document.querySelectorAll("[data-testid='stToastText']")].map(text).join(" ");
    return [toasts, [...document.querySelectorAll(".shelf-head, .panel")].map(text).join(" ")];
  }

  // Only what is new is said: the heading of a page is read when it gets the keyboard.
  function say(moved) {
    const toasts = [...document.querySelectorAll("[data-testid='stToastText']")].map(text);
    const [, shelf] = standing();
    const first = said === "";
    const fresh = toasts.filter((toast) => !said.includes(toast));
    if (!said.endsWith(shelf) && !moved) fresh.push(shelf);
    said = standing().join(" | ");
    if (!first && fresh.length) voice.textContent = fresh.join(" ");
  }

  function keep(moved) {
    if (more !== null) {
      const links = document.querySelectorAll("[class*='st-key-card-'] a");
      const next = links.length > more ? links[more] : null;
      if (next || moved) more = null; // else they are still to come
      if (next) return give(next);
    }
    if (!had || had.element.isConnected || !lost()) return;
    if (moved) return toHeading();
    give(successor(had) ?? document.querySelector(HEADINGS));
  }

  function toHeading() {
    give(document.querySelector(HEADINGS));
  }

  function give(element) {
    if (!element) return;
    if (!element.matches(FOCUSABLE)) element.setAttribute("tabindex", "-1");
    element.focus({ preventScroll: pointer });
  }
}

// On a phone each question is one row that is pushed along: what is chosen is brought into its row's sight.
function showChosen() {
  const chosen = [...document.querySelectorAll(".st-key-answers button[data-variant='pills']:is([aria-checked='true'], [data-selected='true'])")];
  const now = chosen.map(text).join("|");
  if (now === shown) return; // a row pushed along by hand stays where it was left
  shown = now;
  for (const chip of new Map(chosen.reverse().map((chip) => [chip.parentElement, chip])).values()) {
    const row = chip.parentElement;
    const [inner, outer] = [chip.getBoundingClientRect(), row.getBoundingClientRect()];
    if (inner.left < outer.left) row.scrollLeft += inner.left - outer.left - 16;
    else if (inner.right > outer.right) row.scrollLeft += inner.right - outer.right + 16;
  }
}

function toyOf() {
  return new URLSearchParams(location.search).get("toy") ?? "";
}

// The server's words for the parts of a page, in the language of the visit.
function listen() {
  const said = document.getElementById("toyguide-words");
  if (!said) return false;
  document.documentElement.lang = said.lang === "zh" ? "zh-CN" : said.lang;
  if (said.dataset.words !== words.source) words = { ...JSON.parse(said.dataset.words), source: said.dataset.words };
  return true;
}

function lost() {
  const active = document.activeElement;
  return !active || active === document.body || !active.isConnected;
}

function text(element) {
  return element.innerText.replace(/\s+/g, " ").trim();
}

// The keyed containers around an element, from the inside, and its number among the cards of its shelf or among the
// buttons of its row.
function where(element) {
  const keys = [];
  for (let at = element; at instanceof Element; at = at.parentElement) {
    for (const name of at.classList) if (name.startsWith("st-key-")) keys.push(name);
  }
  const card = element.closest("[class*='st-key-card-']");
  const shelf = card?.closest("[class*='st-key-shelf-']");
  return { element, keys, number: shelf ? cards(shelf).indexOf(card) : -1, inCard: Boolean(shelf) };
}

function cards(shelf) {
  return [...shelf.querySelectorAll("[class*='st-key-card-']")];
}

// What gets the keyboard in place of something that is gone: the same button where it came back, the card that took
// the place of the one that went, else the head or the first part of what it belonged to.
function successor({ keys, number, inCard }) {
  for (const key of keys) {
    const around = document.getElementsByClassName(key)[0];
    if (!around) continue;
    if (key.startsWith("st-key-shelf-") && inCard) {
      const left = cards(around);
      const link = left[Math.min(number, left.length - 1)]?.querySelector("a");
      if (link) return link;
      continue;
    }
    const head = around.querySelector(".shelf-head h2, .panel h1, .panel h2");
    const found = head ?? [...around.querySelectorAll(FOCUSABLE)].find((it) => it.checkVisibility());
    if (found) return found;
  }
  return null;
}

// Streamlit's boxes are all alike: what they mean is said here.
function mark() {
  if (!listen()) return;
  set(".st-key-header", { role: "navigation", "aria-label": words.pages });
  set("[class*='st-key-nav-'][class*='-current'] a", { "aria-current": "page" });
  set("[class*='st-key-nav-']:not([class*='-current']) a", { "aria-current": null });
  set(".st-key-search", { role: "search" });
  set(".st-key-answers", { role: "region", "aria-label": words.answers });
  set("[class*='st-key-shelf-']", { role: "list" });
  set("[class*='st-key-shelf-'] > *", { role: "listitem" });
  for (const toast of document.querySelectorAll("[data-testid='stToast']")) {
    set(toast, { role: "group", "aria-modal": null, "aria-labelledby": null, "aria-label": text(toast) });
  }
  set("[data-testid='stToast'] button", { "aria-label": words.close });
  set("[data-testid='stToastContainer']", { "aria-label": words.notices });
  set("[data-testid='stFileUploaderDropzone']", { role: "group" }); // it has a name and takes the keyboard
  const lost = document.querySelector("[role='dialog'] h2[slot='title']");
  if (lost?.textContent === "Page not found") { // Streamlit's own, for an address that is no page
    lost.textContent = words.lost;
    const lead = lost.nextElementSibling?.firstElementChild ?? lost.nextElementSibling;
    if (lead) lead.textContent = words.lostLead;
    set(lost.parentElement.querySelector("button"), { "aria-label": words.close });
  }
  const skip = document.querySelector("[data-testid='stSkipToContent']");
  if (skip && skip.textContent !== words.skip) skip.textContent = words.skip;
}

function set(which, attributes) {
  for (const element of typeof which === "string" ? document.querySelectorAll(which) : [which]) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined) element.removeAttribute(name);
      else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
    }
  }
}
