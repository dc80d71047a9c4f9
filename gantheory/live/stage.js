// The page's side of a stage: shows the newest picture, says when it is on the screen, reports the pointer and keys.

let views = 0;

function render({ model, el }) {
  const view = `${Date.now()}-${views++}`;
  el.classList.add("gantheory-stage");
  const image = document.createElement("img");
  image.draggable = false;
  el.append(image);

  let address = null; // of the picture on the screen
  let serial = -1; // number of the picture on the screen
  let busy = false;
  let gone = false;

  // One picture at a time: while one is being decoded newer ones overwrite each other in the model,
  // so a slow page skips pictures and never falls behind.
  async function show() {
    if (busy) return;
    busy = true;
    try {
      while (!gone && serial !== model.get("serial")) {
        const next = model.get("serial");
        const fresh = URL.createObjectURL(new Blob([model.get("frame")], { type: "image/png" }));
        image.src = fresh;
        image.alt = model.get("alt");
        try {
          await image.decode();
        } catch {
          // A picture replaced before it was decoded, or a tab in the background: the next one will do.
        }
        if (address) URL.revokeObjectURL(address);
        address = fresh;
        serial = next;
        el.dataset.serial = String(serial);
        if (!gone) model.send({ kind: "shown", serial });
      }
    } finally {
      busy = false;
    }
  }

  function describe() {
    image.alt = model.get("alt");
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

  let pending = null; // at most one move a display frame: the newest
  function pointer(event) {
    if (!model.get("interactive")) return;
    const kind = { pointerdown: "press", pointermove: "move", pointerup: "release", pointercancel: "release" }[event.type];
    if (kind === "move" && !event.buttons) return;
    if (kind === "press") {
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

  for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) image.addEventListener(type, pointer);
  image.addEventListener("keydown", press);
  model.on("change:serial", show);
  model.on("change:alt", describe);
  model.on("change:width change:height", resize);
  model.on("change:interactive", interact);
  resize();
  interact();
  model.send({ kind: "opened", view });
  show();

  return () => {
    gone = true;
    model.off("change:serial", show);
    model.off("change:alt", describe);
    model.off("change:width change:height", resize);
    model.off("change:interactive", interact);
    if (address) URL.revokeObjectURL(address);
    model.send({ kind: "gone", view });
  };
}

export default { render };
