/* Small help on every page. Everything works without it. */
(function () {
  "use strict";

  document.documentElement.classList.add("lpr-script");

  /* The box of faults takes the focus, so that a screen reader reads it first. */
  var focused = document.querySelector("[data-focus]");
  if (focused) {
    focused.focus();
  }

  /* A menu closes by Escape and by a click elsewhere, as people expect of menus. */
  var menus = document.querySelectorAll("details.lpr-pop");
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") {
      return;
    }
    menus.forEach(function (menu) {
      if (menu.open) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
  });
  document.addEventListener("click", function (event) {
    menus.forEach(function (menu) {
      if (menu.open && !menu.contains(event.target)) {
        menu.open = false;
      }
    });
  });

  /* Copying what is beside the button; said in its place, and read out. */
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) {
      return;
    }
    navigator.clipboard.writeText(button.dataset.copy).then(function () {
      var said = document.createElement("span");
      said.setAttribute("role", "status");
      said.textContent = "Copied";
      button.after(said);
      window.setTimeout(function () { said.remove(); }, 3000);
    });
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) {
      window.print();
    }
  });

  /* A second click on a slow answer must not ask twice: each asking is a log entry of its own. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    /* What is answered by a file leaves the page as it is, and may be sent again. */
    if (form.method === "post" && !("again" in form.dataset)) {
      if (form.dataset.sent) {
        event.preventDefault();
      }
      form.dataset.sent = "yes";
    }
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });
})();
