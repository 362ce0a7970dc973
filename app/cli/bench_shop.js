// Runs in the page that `toyguide bench shop` measures, and only there.
(() => {
  const PATIENCE_MS = 60000;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (area) => all(`[class*='st-key-card-${area}-']`);
  const whole = () => all("[data-stale='true']").length === 0
    && all(".picture").every((it) => {
      const box = it.getBoundingClientRect();
      return box.top > innerHeight || box.bottom < 0 || (it.complete && it.naturalWidth > 0);
    });
  const conditions = {
    shelf: () => shown("list").length > 1 && all(".st-key-answers button").length > 4,
    answered: (before) => text(".shelf-head p") !== before && shown("list").length > 1,
    gone: (key) => !document.querySelector(`.${CSS.escape(key)}`) && shown("list").length > 1,
    toy: (title) => text(".details h1") === title && shown("similar").length > 0,
    switched: () => shown("browse").length > 1,
    found: (words) => text(".shelf-head p").includes(words) && shown("browse").length > 0,
  };

  function text(selector) {
    return document.querySelector(selector)?.textContent ?? "";
  }

  // Milliseconds since the navigation began, at the picture after the one that first fulfils the condition.
  function until(name, argument) {
    return new Promise((resolve, reject) => {
      const step = () => {
        if (conditions[name](argument) && whole()) requestAnimationFrame(() => resolve(performance.now()));
        else if (performance.now() - began > PATIENCE_MS) reject(new Error(`The page did not get there: ${name}.`));
        else requestAnimationFrame(step);
      };
      const began = performance.now();
      step();
    });
  }

  window.toyguideBench = {
    until,
    took: null,
    // From the next tap or key to the condition.
    arm(name, argument) {
      const before = name === "answered" ? text(".shelf-head p") : argument;
      this.took = new Promise((resolve, reject) => {
        const begin = (event) => {
          removeEventListener("pointerdown", begin, true);
          removeEventListener("keydown", begin, true);
          until(name, before).then((end) => resolve(end - event.timeStamp), reject);
        };
        addEventListener("pointerdown", begin, true);
        addEventListener("keydown", begin, true);
      });
      this.took.catch(() => {}); // told to whoever waits for it
    },
    // Until the shop's server has nothing more to say: what comes after a page must not weigh on the next tap.
    quiet() {
      return new Promise((resolve) => {
        const step = () => {
          const app = document.querySelector("[data-testid='stApp']");
          if (app?.dataset.testScriptState === "notRunning") requestIdleCallback(resolve);
          else requestAnimationFrame(step);
        };
        step();
      });
    },
  };
})();
