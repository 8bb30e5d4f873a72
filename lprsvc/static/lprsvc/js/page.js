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

  /* What a page says of itself after so many seconds, read out as it appears. */
  document.querySelectorAll("[data-said-after]").forEach(function (place) {
    window.setTimeout(function () {
      place.appendChild(place.querySelector("template").content.cloneNode(true));
    }, Number(place.dataset.saidAfter) * 1000);
  });

  /* Links to photographs end after minutes; a page left open says so in place of a broken picture. */
  function explain(picture) {
    var text = document.createElement("p");
    var again = document.createElement("a");
    text.className = "lpr-photograph__gone";
    text.textContent = "This photograph could not be shown. Its link ends after a few minutes. ";
    again.className = "usa-link";
    again.href = window.location.pathname + window.location.search;
    again.textContent = "Reload this page";
    text.appendChild(again);
    picture.parentNode.replaceWith(text);
  }
  document.querySelectorAll(".lpr-photograph img").forEach(function (picture) {
    if (picture.complete && !picture.naturalWidth && picture.currentSrc) {
      explain(picture); /* it failed before this script ran */
    }
    picture.addEventListener("error", function () {
      explain(picture);
    });
  });

  /* All boxes of a report's form, or none: they stand beside the hits, outside the form. */
  document.querySelectorAll("[data-tick]").forEach(function (button) {
    button.addEventListener("click", function () {
      document.querySelectorAll('input[type="checkbox"][form="' + button.form.id + '"]').forEach(function (box) {
        box.checked = button.dataset.tick === "all";
      });
    });
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
