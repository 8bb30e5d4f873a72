/* Shows what belongs to a choice, as the officer or the two dates, only when it is chosen.
   Without this script they are always shown, and the server takes what the choice says. */
(function () {
  "use strict";

  function dependent(part) {
    var rule = part.dataset.shownWhen.split("=");
    var form = part.closest("form");

    function update() {
      var chosen = '[name="' + rule[0] + '"][value="' + rule[1] + '"]:checked';
      part.classList.toggle("lpr-hidden", !form.querySelector(chosen));
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
