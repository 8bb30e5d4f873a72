/* One hit's page: the arrow keys lead to the hits before and after it. */
(function () {
  "use strict";

  document.addEventListener("keydown", function (event) {
    var step = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
    var isTaken = event.target.closest("input, select, textarea, dialog, [data-map], [role=region]");
    if (!step || isTaken || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) {
      return;
    }
    var link = document.querySelector('[data-step="' + step + '"]');
    if (link) {
      link.click();
    }
  });

  /* What was marked shows, and is not printed, without the page being loaded anew. */
  document.addEventListener("htmx:oobAfterSwap", function () {
    document.querySelectorAll("[data-mark-of]").forEach(function (mark) {
      mark.closest("[data-hit]").dataset.mark = mark.dataset.mark;
    });
  });
})();
