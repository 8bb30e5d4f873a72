/* Shows the officer and the two dates only when they are asked for.
   Without this script they are always shown, and the server takes what the choice says. */
(function () {
  "use strict";

  function dependent(part) {
    var rule = part.dataset.shownWhen.split("=");
    var form = part.closest("form");

    function update() {
      var chosen = form.querySelector('[name="' + rule[0] + '"]:checked');
      var shown = Boolean(chosen && chosen.value === rule[1]);
      part.classList.toggle("lpr-hidden", !shown);
    }

    form.addEventListener("change", update);
    update();
  }

  document.querySelectorAll("[data-shown-when]").forEach(function (part) {
    if (part.dataset.shownWhen.charAt(0) !== "=") {
      dependent(part);
    }
  });
})();
