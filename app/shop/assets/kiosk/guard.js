// Kiosk mode in the browser: sees when nobody is there any more, asks, and clears the screen for the next.
//
// It lives once a window, whatever Streamlit draws; each drawing only hands it the words of the moment and a way to
// speak to the shop. Time is taken from two clocks, of which the one that moved more counts: a machine that slept, or
// whose clock was set back, does not show one visitor's page to the next. Nothing here waits for the shop to act.

const TICK = 250; // milliseconds
const ASK_AGAIN = 3; // seconds between two tries to reach the shop
const GIVE_UP = 15; // seconds after which a shop that did not end the visit gets a new one all the same
const PATIENCE = 2; // seconds without the shop before a visitor is asked to wait
const FRESH = 6 * 3600; // seconds after which a page that rests is loaded anew

const now = () => ({ wall: Date.now(), steady: performance.now() });
const since = (then) => Math.max(Date.now() - then.wall, performance.now() - then.steady) / 1000;

function element(name, className, ...inside) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...inside);
  return made;
}

class Guard {
  constructor() {
    this.loaded = now();
    this.touched = now();
    this.told = now(); // when the shop last heard that somebody is there
    this.tried = null; // when the shop was last asked to end the visit
    this.ended = null; // when the visit ended; the page goes with it
    this.visited = false;
    this.resting = true;
    this.dialog = null;
    this.veil = null;
    this.alone = null; // since when the shop has been away
    this.wait = null;
    // A page takes the place of the one before: there is no way back into a visit that is over.
    history.pushState = history.replaceState.bind(history);
    for (const name of ["pointerdown", "pointermove", "touchmove", "wheel", "keydown", "input"]) {
      addEventListener(name, (event) => this.hear(event), { capture: true, passive: name !== "pointerdown" });
    }
    for (const name of ["visibilitychange", "pageshow", "focus"]) addEventListener(name, () => this.tick(), true);
    addEventListener("click", (event) => this.click(event), true);
    addEventListener("auxclick", (event) => event.preventDefault(), true);
    addEventListener("dragstart", (event) => event.preventDefault(), true);
    addEventListener("contextmenu", (event) => event.preventDefault(), true);
    setInterval(() => this.tick(), TICK);
  }

  // Streamlit has drawn: `data` as app/shop/kiosk_mode.py makes it, `send(name, value)` tells the shop.
  update(data, send) {
    this.data = data;
    this.send = send;
    this.resting = data.resting;
    if (!this.resting && !this.visited) {
      this.visited = true;
      this.touched = this.told = now();
    } else if (this.resting && this.visited && !this.ended) {
      this.end(); // the shop itself ended the visit
    }
    this.tick();
  }

  get quiet() {
    return since(this.touched);
  }

  hear(event) {
    if (!this.data || this.resting || this.ended) return;
    if (event.type === "pointermove" && !event.movementX && !event.movementY) return; // the page moved, not the hand
    if (this.quiet >= this.data.idle + this.data.countdown) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.end(); // a touch after a long sleep is somebody else's
    } else if (!this.dialog) {
      this.touched = now();
    }
  }

  click(event) {
    const link = event.target.closest?.("a[href]");
    const away = link && (new URL(link.href, location.href).origin !== location.origin || link.target === "_blank");
    const aside = link && (event.ctrlKey || event.metaKey || event.shiftKey);
    const done = event.target.closest?.(".st-key-done button");
    if (!away && !aside && !done) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (done) this.end();
  }

  tick() {
    if (!this.data) return;
    if (!this.ended) this.mindTheLine();
    if (this.ended) {
      this.leave();
    } else if (this.resting) {
      if (since(this.loaded) > FRESH) this.end();
    } else if (this.quiet >= this.data.idle + this.data.countdown) {
      this.end();
    } else if (this.quiet >= this.data.idle) {
      this.ask(Math.ceil(this.data.idle + this.data.countdown - this.quiet));
    } else if (since(this.told) > this.data.idle / 2 && since(this.told) > this.quiet) {
      this.told = now();
      this.send("here", Date.now());
    }
  }

  // The line to the shop is cut: a page that does nothing when touched is covered until it is back.
  mindTheLine() {
    const state = document.querySelector("[data-testid='stApp']")?.dataset.testConnectionState;
    if (state === undefined || state === "CONNECTED") {
      this.alone = null;
      this.uncover();
    } else if (since((this.alone ??= now())) > PATIENCE) {
      this.wait ??= this.cover(this.data.words.wait);
    }
  }

  cover(lines) {
    const cover = element("div", "veil", ...lines.map((line) => element("p", "", line)));
    cover.setAttribute("role", "status");
    document.body.append(cover);
    for (const other of document.body.children) if (other !== cover) other.inert = true;
    return cover;
  }

  uncover() {
    if (!this.wait) return;
    this.wait.remove();
    this.wait = null;
    for (const other of document.body.children) other.inert = false;
  }

  // "Still there?": any touch or key but those that move between its buttons goes on with the visit.
  ask(seconds) {
    if (!this.dialog) this.open();
    if (this.dialog.dataset.seconds === String(seconds)) return;
    this.dialog.dataset.seconds = seconds;
    this.dialog.style.setProperty("--left", seconds / this.data.countdown);
    this.count.textContent = seconds;
    if (seconds % 10 === 0 || seconds === 5) this.said.textContent = this.data.words.left.replace("{n}", seconds);
  }

  open() {
    const { words, language } = this.data;
    const title = element("h2", "", words.title);
    const lead = element("p", "", words.lead);
    title.id = "still-there-title";
    lead.id = "still-there-lead";
    const stay = element("button", "stay", words.stay);
    const go = element("button", "go", words.done);
    stay.type = go.type = "button";
    stay.autofocus = true;
    this.count = element("span", "count");
    this.count.ariaHidden = "true";
    this.said = element("p", "unseen");
    this.said.setAttribute("role", "status");
    const ring = element("div", "ring", this.count);
    this.dialog = element("dialog", "still-there", ring, title, lead, this.said, element("div", "ways", stay, go));
    this.dialog.lang = language;
    this.dialog.setAttribute("role", "alertdialog");
    this.dialog.setAttribute("aria-labelledby", title.id);
    this.dialog.setAttribute("aria-describedby", lead.id);
    this.dialog.addEventListener("cancel", (event) => event.preventDefault()); // Escape: a key like any other
    this.dialog.addEventListener("click", (event) => (event.target === go ? this.end() : this.stay()));
    this.dialog.addEventListener("keydown", (event) => {
      if (["Tab", "Shift"].includes(event.key)) this.touched = this.again();
      else if (!["Enter", " "].includes(event.key)) this.stay();
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
    stay.focus();
  }

  // The moment of the last touch at which the countdown would begin just now.
  again() {
    const back = this.data.idle * 1000;
    return { wall: Date.now() - back, steady: performance.now() - back };
  }

  stay() {
    if (this.ended) return;
    this.touched = now();
    this.close();
  }

  close() {
    this.dialog?.close();
    this.dialog?.remove();
    this.dialog = null;
  }

  // The visit is over: its page is covered at once, the shop is told, and a new page takes its place.
  end() {
    if (this.ended) return;
    this.ended = now();
    this.close();
    document.activeElement?.blur?.();
    this.uncover();
    this.veil = this.cover(this.visited ? this.data.words.goodbye : []);
    this.leave();
  }

  async leave() {
    const over = this.resting || since(this.ended) > GIVE_UP;
    if (this.tried && this.tried.over === over && since(this.tried) < ASK_AGAIN) return;
    this.tried = { ...now(), over };
    if (!over) {
      this.send("leave", Date.now());
      return;
    }
    try {
      const health = await fetch("/_stcore/health", { cache: "no-store" });
      if (!health.ok) return;
    } catch {
      return; // the shop is away: the cover stays, and it is asked again
    }
    sessionStorage.clear();
    localStorage.clear();
    for (const pair of document.cookie.split(";")) {
      document.cookie = `${pair.split("=")[0].trim()}=; max-age=0; path=/`;
    }
    location.replace("/");
  }
}

export default function ({ data, setTriggerValue }) {
  window.toyguideGuard ??= new Guard();
  window.toyguideGuard.update(data, setTriggerValue);
}
