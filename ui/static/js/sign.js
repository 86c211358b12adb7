// A signature drawn with finger, pen or mouse; what is drawn goes along as a picture when the form is sent.
const form = document.querySelector("form[data-sign]");
const pad = form?.querySelector("[data-pad]");

if (pad) {
  const canvas = pad.querySelector("canvas");
  const pen = canvas.getContext("2d");
  let drawn = false;
  let last = null;

  pad.hidden = false;
  pen.lineWidth = 5;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = "#14213d";

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  };
  const stroke = (to) => {
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...to);
    pen.stroke();
    last = to;
    drawn = true;
  };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    stroke(last);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => last && stroke(place(event)));
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));
  pad.querySelector("[data-clear]").addEventListener("click", () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    drawn = false;
  });
  form.addEventListener("submit", () => {
    form.elements.drawing.value = drawn ? canvas.toDataURL("image/png") : "";
    form.elements.method.value = drawn ? "drawn" : "typed";
  });
}
