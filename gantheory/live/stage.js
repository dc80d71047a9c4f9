// The page's side of a stage: shows the newest picture, says when it is on the screen, reports the pointer and keys.
// While a figure's main slider moves, it shows the pictures that the kernel rendered ahead (a strip), without asking.

let views = 0;
const scrubbers = new Map(); // by the stage's key: one for all views of a model

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// What was rendered ahead for one stage, and whether it still holds. It holds for one generation of pictures, for the
// values that the other controls had, and until the pointer or a key does something to the picture.
class Scrubber {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.main = null; // the slider's model in the page, and under which name it keeps its value
    this.others = [];
    this.strip = null;
    this.touched = -1; // the generation that the learner's hand has made out of date
    this.asked = -1; // the generation that the kernel was asked for last
    this.take = this.take.bind(this);
    this.moved = this.moved.bind(this);
    this.connect = this.connect.bind(this);
    this.outdated = this.outdated.bind(this);
    model.on("msg:custom", this.take);
    model.on("change:scrubs", this.connect);
    model.on("change:generation", this.outdated);
    this.connect();
  }

  async connect() {
    const { main, others } = this.model.get("scrubs");
    if (!main || this.main?.id === main.id) return;
    const find = async ({ id, key }) => ({ id, key, model: await this.model.widget_manager.get_model(id) });
    try {
      const found = await Promise.all([main, ...others].map(find));
      if (this.closed) return;
      [this.main, ...this.others] = found;
      this.main.model.on(`change:${main.key}`, this.moved);
      this.ask();
    } catch {
      // A page without the controls: it has nothing to scrub with.
    }
  }

  get value() {
    return this.main?.model.get(this.main.key);
  }

  get holds() {
    const { strip, model } = this;
    return (
      strip !== null &&
      strip.generation === model.get("generation") &&
      strip.generation > this.touched &&
      this.others.every((other, i) => same(other.model.get(other.key), strip.others[i]))
    );
  }

  // The picture rendered ahead that is nearest to the slider's value; null if none holds.
  get nearest() {
    if (!this.holds) return null;
    const at = this.value;
    const { places } = this.strip;
    let low = 0;
    let high = places.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (places[middle].at <= at) low = middle;
      else high = middle;
    }
    return at - places[low].at <= places[high].at - at ? places[low] : places[high];
  }

  // A picture that comes late, for a value that the slider no longer has, must not make the page jump back.
  get late() {
    const { strip, model } = this;
    return strip !== null && strip.generation === model.get("generation") && !same(model.get("at"), this.value);
  }

  moved() {
    for (const view of this.views) view.moved();
  }

  outdated() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), 150);
  }

  ask() {
    const generation = this.model.get("generation");
    if (!this.main || this.asked === generation || ![...this.views].some((view) => view.seen)) return;
    this.asked = generation;
    this.model.send({ kind: "ahead" });
  }

  take(content, buffers) {
    if (content.kind !== "strip") return;
    if (this.strip?.generation !== content.generation) {
      this.drop();
      this.strip = { generation: content.generation, others: content.others, places: [] };
    }
    const known = new Map(this.strip.places.map((place) => [place.at, place]));
    content.places.forEach((at, i) => {
      if (known.has(at)) return;
      const url = URL.createObjectURL(new Blob([buffers[i]], { type: "image/png" }));
      known.set(at, { at, url, alt: content.alts[i] });
    });
    this.strip.places = [...known.values()].sort((one, other) => one.at - other.at);
  }

  drop() {
    const old = this.strip?.places ?? [];
    this.strip = null;
    // Later: one of them may be on its way to the screen.
    setTimeout(() => old.forEach((place) => URL.revokeObjectURL(place.url)), 5000);
  }

  touch() {
    this.touched = this.model.get("generation");
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.drop();
    this.main?.model.off(`change:${this.main.key}`, this.moved);
    this.model.off("msg:custom", this.take);
    this.model.off("change:scrubs", this.connect);
    this.model.off("change:generation", this.outdated);
  }
}

// For screen readers: the sliders' handles have a role and a value, but no name of their own.
function nameSliders(panel) {
  for (const slider of panel.querySelectorAll(".widget-slider")) {
    const words = slider.querySelector(".widget-label")?.title;
    if (!words) continue;
    for (const handle of slider.querySelectorAll(".noUi-handle")) handle.setAttribute("aria-label", words);
  }
}

function initialize({ model }) {
  const key = model.get("key");
  const scrubber = new Scrubber(model);
  scrubbers.set(key, scrubber);
  return () => {
    scrubbers.delete(key);
    scrubber.close();
  };
}

function render({ model, el }) {
  const scrubber = scrubbers.get(model.get("key"));
  const name = `${Date.now()}-${views++}`;
  el.classList.add("gantheory-stage");
  const image = document.createElement("img");
  image.draggable = false;
  el.append(image);

  let address = null; // of the kernel's picture on the screen
  let target = null; // what is to be shown: a picture of the kernel, or a place of the strip
  let shown = null; // what is on the screen
  let busy = false;
  let gone = false;

  // One picture at a time: while one is being decoded newer ones take each other's place as the target,
  // so a slow page skips pictures and never falls behind.
  async function show() {
    if (busy) return;
    busy = true;
    try {
      while (!gone && shown !== target) {
        const next = target;
        const fresh = next.url ?? URL.createObjectURL(new Blob([next.frame], { type: "image/png" }));
        image.src = fresh;
        image.alt = next.alt;
        try {
          // In a page that nobody looks at a picture may wait for ever.
          if (!document.hidden) await image.decode();
        } catch {
          // A picture replaced before it was decoded, or a tab in the background: the next one will do.
        }
        if (address) URL.revokeObjectURL(address);
        address = next.url ? null : fresh;
        shown = next;
        if (next.url) {
          el.dataset.ahead = String(next.at);
        } else {
          el.dataset.serial = String(next.serial);
          delete el.dataset.ahead;
          if (!gone) model.send({ kind: "shown", serial: next.serial });
        }
      }
    } finally {
      busy = false;
    }
  }

  // The kernel has sent a picture.
  function drawn() {
    const serial = model.get("serial");
    if (target?.serial === serial || (target?.url && scrubber.late)) return;
    target = { serial, frame: model.get("frame"), alt: model.get("alt") };
    show();
  }

  const view = {
    seen: false,
    // The slider has moved: the kernel's picture if that is what it shows, else one rendered ahead.
    moved() {
      const nearest = scrubber.nearest;
      if (!nearest) return;
      if (same(model.get("at"), scrubber.value)) {
        drawn();
      } else if (nearest !== target) {
        target = nearest;
        show();
      }
    },
  };

  function describe() {
    if (target?.serial === model.get("serial")) target.alt = image.alt = model.get("alt");
  }

  function resize() {
    image.style.width = `${model.get("width")}px`;
    image.style.aspectRatio = `${model.get("width")} / ${model.get("height")}`;
    image.width = model.get("width");
    image.height = model.get("height");
  }

  // Pointer positions travel in pixels of the figure, origin at its lower left, as matplotlib counts them.
  function position(event) {
    const box = image.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * model.get("width"),
      y: (1 - (event.clientY - box.top) / box.height) * model.get("height"),
    };
  }

  const kinds = {
    pointerdown: "press",
    pointermove: "move",
    pointerup: "release",
    pointercancel: "release",
    lostpointercapture: "release",
  };
  let held = null; // the pointer that pressed, by its main button; others (a menu, a selection that passes) do nothing
  let pending = null; // at most one move a display frame: the newest
  function pointer(event) {
    if (!model.get("interactive")) return;
    const kind = kinds[event.type];
    if (kind === "press") {
      if (event.button !== 0 || !event.isPrimary) return;
    } else if (event.pointerId !== held || (kind === "move" && !event.buttons)) {
      return;
    }
    if (kind === "release") held = null;
    if (kind === "press") {
      held = event.pointerId;
      scrubber.touch();
      image.setPointerCapture(event.pointerId);
      image.focus({ preventScroll: true });
    }
    const message = { kind, ...position(event) };
    if (kind !== "move") {
      pending = null;
      model.send(message);
    } else if (pending) {
      pending = message;
    } else {
      pending = message;
      requestAnimationFrame(() => {
        if (pending && !gone) model.send(pending);
        pending = null;
      });
    }
    event.preventDefault();
  }

  const steering = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "Enter", " ", "+", "-", "[", "]"]);
  function press(event) {
    if (!model.get("interactive") || !steering.has(event.key)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey && event.key === "Enter") return; // runs the cell
    scrubber.touch();
    model.send({ kind: "key", key: event.key, shift: event.shiftKey });
    // The notebook moves between cells on arrow keys; they are ours while the picture has the focus.
    event.preventDefault();
    event.stopPropagation();
  }

  function interact() {
    const on = model.get("interactive");
    image.tabIndex = on ? 0 : -1;
    el.classList.toggle("gantheory-interactive", on);
  }

  function theme() {
    el.classList.toggle("gantheory-photographic", model.get("photographic"));
  }

  for (const type of Object.keys(kinds)) image.addEventListener(type, pointer);
  image.addEventListener("keydown", press);
  // Controls come and change in their own time.
  const controls = new MutationObserver(() => el.parentElement && nameSliders(el.parentElement));
  // Pictures are rendered ahead for figures in sight alone.
  const sight = new IntersectionObserver((entries) => {
    if (el.parentElement) {
      nameSliders(el.parentElement);
      controls.observe(el.parentElement, { childList: true, subtree: true });
    }
    view.seen = entries.at(-1).isIntersecting;
    if (view.seen) scrubber.ask();
  });

  const heard = {
    "change:serial change:at": drawn,
    "change:alt": describe,
    "change:width change:height": resize,
    "change:interactive": interact,
    "change:photographic": theme,
  };
  for (const [names, callback] of Object.entries(heard)) model.on(names, callback);
  resize();
  interact();
  theme();
  scrubber.views.add(view);
  sight.observe(el);
  model.send({ kind: "opened", view: name });
  drawn();

  return () => {
    gone = true;
    sight.disconnect();
    controls.disconnect();
    scrubber.views.delete(view);
    for (const [names, callback] of Object.entries(heard)) model.off(names, callback);
    if (address) URL.revokeObjectURL(address);
    model.send({ kind: "gone", view: name });
  };
}

export default { initialize, render };
