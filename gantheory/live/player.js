// Live figures on a page without a kernel. Everything here works on pictures that were rendered ahead.
//
// <gantheory-player>: one picture for each position of a range input, or for each option of a select. <gantheory-picture>: a picture that can be had in
// its full size where the page shows it much smaller. <gantheory-prediction>: a question whose answer
// appears when one was chosen; <gantheory-quiz>: several of them, counted. <gantheory-sketch>: axes to draw a curve on
// before the true one is laid over it.

(() => {
  // Strips come as scripts, since a page opened from a disk may fetch nothing else: gantheoryStrip(name, data).
  const strips = new Map(); // name -> a promise of the strip
  const waiting = new Map(); // name -> what to call with it

  window.gantheoryStrip = (name, data) => {
    const frames = data.frames.map((text) => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      return URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    });
    waiting.get(name)?.({ ...data, frames });
  };

  function load(name, address) {
    if (!strips.has(name)) {
      strips.set(
        name,
        new Promise((resolve, reject) => {
          waiting.set(name, resolve);
          const script = document.createElement("script");
          script.src = address;
          script.onerror = () => {
            strips.delete(name);
            reject(new Error(`${address} cannot be loaded`));
          };
          document.head.append(script);
        }),
      );
    }
    return strips.get(name);
  }

  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  class Player extends HTMLElement {
    connectedCallback() {
      if (this.range) return;
      this.image = this.querySelector("img");
      this.range = this.querySelector("input, select");
      this.readout = this.querySelector(".gantheory-readout");
      this.button = this.querySelector(".gantheory-play");
      this.strip = null;
      this.shown = Number(this.range.value);
      this.busy = false;
      this.timer = null;
      this.range.addEventListener("input", () => {
        this.pause();
        this.load();
      });
      this.button?.addEventListener("click", () => (this.timer === null ? this.play() : this.pause()));
      // Pictures are loaded when the reader comes near, or takes hold of the slider before that.
      for (const type of ["focusin", "pointerdown"]) this.addEventListener(type, () => this.load());
      const near = new IntersectionObserver(
        (entries) => {
          if (!entries.some((entry) => entry.isIntersecting)) return;
          near.disconnect();
          this.load();
        },
        { rootMargin: "600px" },
      );
      near.observe(this);
    }

    disconnectedCallback() {
      this.pause();
    }

    // What failed once is tried again whenever the reader takes hold of the slider.
    async load() {
      if (this.strip) {
        this.show();
        return;
      }
      // Until the pictures are there, no number stands beside a picture that it does not belong to.
      if (Number(this.range.value) !== this.shown) this.readout.textContent = "loading …";
      if (this.loading) return;
      this.loading = true;
      try {
        this.strip = await load(this.dataset.strip, this.dataset.from);
        this.failure?.remove();
        this.dataset.ready = "";
        this.show();
      } catch (error) {
        this.pause();
        this.readout.textContent = "";
        this.failure ??= document.createElement("p");
        this.failure.setAttribute("role", "alert");
        this.failure.textContent = "The pictures cannot be loaded. Move the slider to try again.";
        this.append(this.failure);
        console.error(error);
      } finally {
        this.loading = false;
      }
    }

    // One picture at a time: while one is being decoded the slider may move on, and pictures are skipped.
    async show() {
      if (!this.strip) return;
      if (this.range.type === "range") {
        const said = this.strip.positions[this.range.value];
        this.readout.textContent = said;
        this.range.setAttribute("aria-valuetext", said);
      } else {
        this.readout.textContent = "";
      }
      if (this.busy) return;
      this.busy = true;
      while (this.shown !== Number(this.range.value)) {
        const next = Number(this.range.value);
        this.image.src = this.strip.frames[next];
        this.image.alt = this.strip.alts[next];
        try {
          await this.image.decode();
        } catch {
          // Replaced before it was decoded, or in a tab in the background: the next one will do.
        }
        this.shown = next;
        this.dataset.shown = String(next);
      }
      this.busy = false;
    }

    play() {
      if (Number(this.range.value) >= Number(this.range.max)) this.range.value = 0;
      this.button.textContent = "Pause";
      // Who asked for less motion sees single pictures, not a film.
      this.timer = setInterval(() => this.step(), calm.matches ? 1000 : 100);
      this.load();
    }

    pause() {
      if (this.timer === null) return;
      clearInterval(this.timer);
      this.timer = null;
      this.button.textContent = "Start";
    }

    step() {
      if (!this.strip) return;
      this.range.value = Number(this.range.value) + 1;
      this.show();
      if (Number(this.range.value) >= Number(this.range.max)) this.pause();
    }
  }

  class Picture extends HTMLElement {
    connectedCallback() {
      if (this.button) return;
      this.image = this.querySelector("img");
      this.button = document.createElement("button");
      this.button.type = "button";
      this.button.className = "gantheory-size";
      this.button.addEventListener("click", () => this.resize(!("large" in this.dataset)));
      this.resize(false);
      new ResizeObserver(() => this.offer()).observe(this);
    }

    // The full size is wider than the page: it is moved under a window, and the slider below stays where it is.
    resize(large) {
      this.toggleAttribute("data-large", large);
      this.button.textContent = large ? "Whole picture" : "Enlarge";
    }

    offer() {
      const small = this.clientWidth < 0.6 * Number(this.image.getAttribute("width"));
      if (!small) this.resize(false);
      if (small && !this.button.isConnected) this.after(this.button);
      else if (!small) this.button.remove();
    }
  }

  class Prediction extends HTMLElement {
    connectedCallback() {
      this.addEventListener("change", (event) => {
        for (const verdict of this.querySelectorAll("[data-of]")) verdict.hidden = verdict.dataset.of !== event.target.value;
      });
    }
  }

  class Quiz extends HTMLElement {
    connectedCallback() {
      const first = new Map(); // question -> whether its first choice was right
      const questions = this.querySelectorAll("gantheory-prediction");
      this.addEventListener("change", (event) => {
        const asked = event.target.closest("gantheory-prediction");
        if (!first.has(asked)) first.set(asked, event.target.value === asked.dataset.right);
        const right = [...first.values()].filter(Boolean).length;
        const left = questions.length - first.size;
        this.querySelector(".gantheory-score").textContent =
          `Right at the first go: ${right} of ${first.size}${left ? `, ${left} to go` : ""}.`;
      });
    }
  }

  class Sketch extends HTMLElement {
    connectedCallback() {
      if (this.about) return;
      this.about = JSON.parse(this.querySelector("script").textContent);
      this.svg = this.querySelector("svg");
      this.said = this.querySelector(".gantheory-said");
      this.placed = this.about.x.map(() => null);
      this.cursor = this.placed.length >> 1;
      this.last = null;
      this.keys = false;
      this.revealed = false;
      const parts = { gap: "polygon", curve: "polyline", truth: "polyline", hand: "rect" };
      this.parts = {};
      for (const [name, kind] of Object.entries(parts)) {
        this.parts[name] = document.createElementNS("http://www.w3.org/2000/svg", kind);
        this.parts[name].classList.add(`gantheory-${name}`);
        this.svg.append(this.parts[name]);
      }
      this.parts.gap.style.fill = this.parts.truth.style.stroke = this.about.color;
      let held = null; // the pointer that draws, by its main button
      this.svg.addEventListener("pointerdown", (event) => {
        if (event.button !== 0 || !event.isPrimary) return;
        held = event.pointerId;
        this.svg.setPointerCapture(event.pointerId);
        this.drag(event, true);
        this.svg.focus({ preventScroll: true });
        event.preventDefault();
      });
      this.svg.addEventListener("pointermove", (event) => event.pointerId === held && event.buttons && this.drag(event, false));
      for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
        this.svg.addEventListener(type, () => (held = this.last = null));
      }
      this.svg.addEventListener("keydown", (event) => this.press(event));
      this.querySelector('[data-does="truth"]').addEventListener("click", () => this.reveal());
      this.querySelector('[data-does="clear"]').addEventListener("click", () => this.clear());
    }

    // From data to pixels of the picture, whose y runs downwards.
    at(x, y) {
      const { box, xlim, ylim, height } = this.about;
      return [
        box[0] + ((x - xlim[0]) / (xlim[1] - xlim[0])) * box[2],
        height - box[1] - ((y - ylim[0]) / (ylim[1] - ylim[0])) * box[3],
      ];
    }

    points(x, y) {
      return x.map((one, i) => this.at(one, y[i]).map((pixel) => pixel.toFixed(1)).join(",")).join(" ");
    }

    // The drawn curve, straight between the places that were touched: [places, heights].
    drawn() {
      const touched = this.placed.flatMap((y, i) => (y === null ? [] : [i]));
      if (!touched.length) return [[], []];
      const places = [];
      const heights = [];
      for (let i = touched[0], after = 0; i <= touched.at(-1); i++) {
        while (touched[after] < i) after++;
        const [left, right] = touched[after] === i ? [i, i] : [touched[after - 1], touched[after]];
        const share = left === right ? 0 : (i - left) / (right - left);
        places.push(i);
        heights.push(this.placed[left] + share * (this.placed[right] - this.placed[left]));
      }
      return [places, heights];
    }

    height() {
      const [places, heights] = this.drawn();
      const { ylim } = this.about;
      if (!places.length) return (ylim[0] + ylim[1]) / 2;
      return heights[Math.min(Math.max(this.cursor - places[0], 0), places.length - 1)];
    }

    drag(event, fresh) {
      if (this.revealed) return;
      const { box, x, ylim, width, height } = this.about;
      const view = this.svg.getBoundingClientRect();
      const across = (((event.clientX - view.left) / view.width) * width - box[0]) / box[2];
      const up = (height - ((event.clientY - view.top) / view.height) * height - box[1]) / box[3];
      const place = Math.min(Math.max(Math.round(across * (x.length - 1)), 0), x.length - 1);
      const y = ylim[0] + Math.min(Math.max(up, 0), 1) * (ylim[1] - ylim[0]);
      const [from, start] = fresh || !this.last ? [place, y] : this.last;
      const way = Math.abs(place - from);
      for (let i = 0; i <= way; i++) this.placed[from + Math.sign(place - from) * i] = start + (way ? i / way : 1) * (y - start);
      this.last = [place, y];
      this.cursor = place;
      this.keys = false;
      this.said.textContent = "";
      this.draw();
    }

    press(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { x, ylim } = this.about;
      const by = event.shiftKey ? 5 : 1;
      const to = { ArrowLeft: this.cursor - by, ArrowRight: this.cursor + by, Home: 0, End: x.length - 1 }[event.key];
      const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (event.key === "Enter") this.reveal();
      else if (to === undefined && up === undefined) return;
      else if (!this.revealed) {
        if (to !== undefined) this.cursor = Math.min(Math.max(to, 0), x.length - 1);
        else {
          const nudged = this.height() + (up * (event.shiftKey ? 4 : 1) * (ylim[1] - ylim[0])) / 40;
          this.placed[this.cursor] = Math.min(Math.max(nudged, ylim[0]), ylim[1]);
        }
        this.keys = true;
        this.said.textContent = `${this.about.xlabel} = ${tidy(x[this.cursor])}, height ${this.height().toFixed(2)}`;
        this.draw();
      }
      event.preventDefault();
    }

    reveal() {
      if (this.drawn()[0].length < 2) {
        this.said.textContent = "Draw your curve first: drag over the picture, or use the arrow keys.";
        return;
      }
      this.revealed = true;
      this.keys = false;
      this.said.textContent = this.judge();
      this.draw();
    }

    clear() {
      this.placed.fill(null);
      this.revealed = this.keys = false;
      this.last = null;
      this.said.textContent = "";
      this.draw();
    }

    judge() {
      const { x, truth, near, ylim, xlabel } = this.about;
      const [places, heights] = this.drawn();
      const off = places.map((place, i) => Math.abs(heights[i] - truth[place]));
      let area = 0;
      for (let i = 1; i < off.length; i++) area += ((off[i] + off[i - 1]) / 2) * (x[places[i]] - x[places[i - 1]]);
      const mean = area / (x[places.at(-1)] - x[places[0]]);
      const worst = off.indexOf(Math.max(...off));
      const verdict = near.find(([share]) => share === null || mean <= share * (ylim[1] - ylim[0]))[1];
      const part = places.length === x.length ? "" : " where you drew it";
      const where = `most at ${xlabel} = ${tidy(x[places[worst]])} (by ${off[worst].toFixed(2)})`;
      return `${verdict} Your curve misses by ${mean.toFixed(2)} on average${part}, ${where}.`;
    }

    draw() {
      const { x, truth, smooth, true: exact } = this.about;
      const [places, heights] = this.drawn();
      const along = places.map((place) => x[place]);
      this.parts.curve.setAttribute("points", this.points(along, heights));
      this.parts.truth.setAttribute("points", this.revealed ? this.points(smooth, exact) : "");
      const back = places.map((place) => truth[place]).reverse();
      const ring = this.revealed ? `${this.points(along, heights)} ${this.points(along.toReversed(), back)}` : "";
      this.parts.gap.setAttribute("points", ring);
      const [left, top] = this.at(x[this.cursor], this.height());
      this.parts.hand.setAttribute("x", left - 6);
      this.parts.hand.setAttribute("y", top - 6);
      this.parts.hand.style.visibility = this.keys ? "visible" : "hidden";
    }
  }

  // As Python's `g` says numbers.
  const tidy = (number) => String(Number(number.toPrecision(6)));

  customElements.define("gantheory-player", Player);
  customElements.define("gantheory-picture", Picture);
  customElements.define("gantheory-prediction", Prediction);
  customElements.define("gantheory-quiz", Quiz);
  customElements.define("gantheory-sketch", Sketch);
})();
