/* Photographs: large and side by side in a dialog; and links that end after minutes (QRY-7).

   Links: what has not been loaded by their end waits. When it comes into view, or is opened, the
   page is asked for anew, which is looked up and recorded as every view is, and gives fresh links.
   Only where that fails, because the log-on or the query has ended, the page says so. */
(function () {
  "use strict";

  var MARGIN = 15; /* seconds before their end at which links are no longer used */
  var STEPS = [100, 150, 200, 300, 400, 600]; /* zoom, in percent of what fits */

  /* ---- Links ------------------------------------------------------------------------------- */

  var ends = null; /* when the links of what is shown end; null: they do not */
  var timer = null;
  var renewing = null;
  var watcher = null;

  function pictures() {
    return Array.prototype.slice.call(document.querySelectorAll("[data-photographs] img"));
  }

  /* The same photograph in another copy of the page: its address but for the token. */
  function keyOf(link) {
    return link.dataset.large.split("?")[0];
  }

  function start() {
    var said = document.querySelector("[data-photographs-end]");
    window.clearTimeout(timer);
    ends = null;
    if (said) {
      var left = Number(said.dataset.photographsEnd) - MARGIN;
      ends = Date.now() + left * 1000;
      timer = window.setTimeout(park, left * 1000);
    }
    pictures().forEach(listen);
  }

  function areOver() {
    return ends !== null && Date.now() >= ends;
  }

  /* What is not loaded yet would be refused: it waits until somebody looks at it. */
  function park() {
    watcher = watcher || new IntersectionObserver(function (seen) {
      if (seen.some(function (one) { return one.isIntersecting; })) {
        renew().catch(say);
      }
    }, { rootMargin: "200px" });
    pictures().forEach(function (picture) {
      if (!picture.complete || !picture.naturalWidth) {
        picture.removeAttribute("src");
        watcher.observe(picture);
      }
    });
  }

  /* Fresh links, by asking for this page again. Rejects where it is no longer to be had. */
  function renew() {
    renewing = renewing || fetch(window.location.href, { credentials: "same-origin" })
      .then(function (answer) {
        if (!answer.ok || answer.redirected) {
          throw new Error("photographs: HTTP " + answer.status);
        }
        return answer.text();
      })
      .then(function (text) {
        var fresh = {};
        var page = new DOMParser().parseFromString(text, "text/html");
        page.querySelectorAll("[data-photographs] a").forEach(function (link) {
          fresh[keyOf(link)] = link;
        });
        pictures().forEach(function (picture) {
          take(picture, fresh[keyOf(picture.closest("a"))]);
        });
        start();
      })
      .finally(function () {
        renewing = null;
      });
    return renewing;
  }

  function take(picture, fresh) {
    var link = picture.closest("a");
    if (!fresh) {
      return; /* no longer on this page: it keeps what it has */
    }
    link.dataset.large = fresh.dataset.large;
    if (watcher) {
      watcher.unobserve(picture);
    }
    if (!picture.complete || !picture.naturalWidth) {
      picture.src = fresh.querySelector("img").getAttribute("src");
    }
  }

  /* The page has been open too long, and can't help itself. */
  function say() {
    document.querySelectorAll("[data-photographs-end] template").forEach(function (said) {
      said.parentNode.appendChild(said.content.cloneNode(true));
      said.remove();
    });
    pictures().forEach(function (picture) {
      if (!picture.complete || !picture.naturalWidth) {
        explain(picture);
      }
    });
  }

  function explain(picture) {
    var text = document.createElement("p");
    var again = document.createElement("a");
    text.className = "lpr-photograph__gone";
    text.textContent = "This photograph could not be shown. ";
    again.className = "usa-link";
    again.href = window.location.pathname + window.location.search;
    again.textContent = "Reload this page";
    text.appendChild(again);
    picture.closest("a").replaceWith(text);
  }

  function listen(picture) {
    if (picture.dataset.heard) {
      return;
    }
    picture.dataset.heard = "yes";
    function failed() {
      /* Once more with a fresh link; then it is not the link. */
      if (picture.dataset.again) {
        explain(picture);
        return;
      }
      picture.dataset.again = "yes";
      renew().catch(say);
    }
    picture.addEventListener("error", failed);
    if (picture.complete && !picture.naturalWidth && picture.getAttribute("src")) {
      failed(); /* before this script ran */
    }
  }

  /* ---- Large ------------------------------------------------------------------------------- */

  var viewer = document.getElementById("viewer");
  var shown = null; /* the [data-hit] whose photographs are large */
  var zoom = 0;

  function part(name) {
    return viewer.querySelector('[data-viewer="' + name + '"]');
  }

  function hits() {
    return Array.prototype.slice.call(document.querySelectorAll("[data-hit]"));
  }

  function headingOf(hit) {
    var time = hit.querySelector("h3 time");
    return time ? "Hit " + hit.dataset.hit + ": " + time.textContent.replace(/\s+/g, " ").trim() : hit.dataset.title;
  }

  function show(hit) {
    var box = viewer.querySelector(".lpr-viewer__pictures");
    var all = hits();
    var at = all.indexOf(hit);
    shown = hit;
    zoom = 0;
    viewer.querySelector("#viewer-heading").textContent = headingOf(hit);
    box.replaceChildren();
    hit.querySelectorAll("[data-photographs] a").forEach(function (link) {
      box.appendChild(large(link));
    });
    part("previous").hidden = part("next").hidden = all.length < 2 && !pageLink("previous") && !pageLink("next");
    part("previous").disabled = at === 0 && !pageLink("previous");
    part("next").disabled = at === all.length - 1 && !pageLink("next");
    drawZoom();
    showMark();
    if (!viewer.open) {
      viewer.showModal();
      viewer.querySelector("#viewer-heading").focus();
    }
    document.dispatchEvent(new CustomEvent("lpr:opened", { detail: { hit: hit } }));
  }

  function large(link) {
    var small = link.querySelector("img");
    var figure = document.createElement("figure");
    var frame = document.createElement("div");
    var picture = document.createElement("img");
    var caption = document.createElement("figcaption");
    frame.className = "lpr-viewer__frame";
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", link.parentNode.querySelector("figcaption").textContent + ", can be scrolled when zoomed");
    picture.alt = small.alt;
    picture.addEventListener("error", function () {
      caption.textContent = "This photograph could not be shown. Close this and reload the page.";
    });
    picture.src = link.dataset.large;
    caption.textContent = link.parentNode.querySelector("figcaption").textContent;
    frame.appendChild(picture);
    figure.append(frame, caption);
    return figure;
  }

  function open(hit) {
    if (areOver()) {
      renew().then(function () { show(hit); }, say);
      return;
    }
    show(hit);
  }

  function step(by) {
    var all = hits();
    var next = all[all.indexOf(shown) + by];
    var page = pageLink(by > 0 ? "next" : "previous");
    if (next) {
      open(next);
    } else if (page) {
      document.dispatchEvent(new CustomEvent("lpr:page", { detail: { link: page, open: by > 0 ? "first" : "last" } }));
    }
  }

  function pageLink(which) {
    return document.querySelector("[data-pages] .usa-pagination__" + which + "-page");
  }

  function drawZoom() {
    viewer.querySelectorAll(".lpr-viewer__frame").forEach(function (frame) {
      var picture = frame.querySelector("img");
      /* What is in the middle stays in the middle. */
      var x = (frame.scrollLeft + frame.clientWidth / 2) / Math.max(frame.scrollWidth, 1);
      var y = (frame.scrollTop + frame.clientHeight / 2) / Math.max(frame.scrollHeight, 1);
      frame.classList.toggle("is-zoomed", zoom > 0);
      picture.style.width = picture.style.height = STEPS[zoom] + "%";
      frame.scrollLeft = x * frame.scrollWidth - frame.clientWidth / 2;
      frame.scrollTop = y * frame.scrollHeight - frame.clientHeight / 2;
    });
    part("out").disabled = part("whole").disabled = zoom === 0;
    part("in").disabled = zoom === STEPS.length - 1;
  }

  function zoomBy(by) {
    zoom = by === 0 ? 0 : Math.min(Math.max(zoom + by, 0), STEPS.length - 1);
    drawZoom();
  }

  /* The hit's own buttons of marking, pressed from here. */
  function showMark() {
    var place = viewer.querySelector("[data-viewer-mark]");
    if (!place) {
      return;
    }
    place.replaceChildren();
    shown.querySelectorAll("[data-do-mark]").forEach(function (button) {
      var copy = document.createElement("button");
      copy.type = "button";
      copy.className = "lpr-mark__button";
      copy.innerHTML = button.innerHTML;
      copy.setAttribute("aria-pressed", button.getAttribute("aria-pressed"));
      copy.dataset.viewerDo = button.dataset.doMark;
      place.appendChild(copy);
    });
  }

  function press(mark) {
    var button = shown.querySelector('[data-do-mark="' + mark + '"]');
    if (button) {
      button.click();
    }
  }

  if (viewer) {
    document.addEventListener("click", function (event) {
      var link = event.target.closest("[data-photographs] a");
      var hit = link && link.closest("[data-hit]");
      if (hit && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        open(hit);
      }
    });
    document.addEventListener("lpr:open", function (event) {
      open(event.detail.hit);
    });
    document.addEventListener("lpr:marked", function () {
      if (viewer.open && shown.isConnected) {
        showMark();
      }
    });
    viewer.addEventListener("click", function (event) {
      var pressed = event.target.closest("[data-viewer]");
      var mark = event.target.closest("[data-viewer-do]");
      if (mark) {
        press(mark.dataset.viewerDo);
      } else if (event.target === viewer) {
        viewer.close(); /* beside it */
      } else if (pressed) {
        ({
          close: function () { viewer.close(); },
          previous: function () { step(-1); },
          next: function () { step(1); },
          "in": function () { zoomBy(1); },
          out: function () { zoomBy(-1); },
          whole: function () { zoomBy(0); },
        })[pressed.dataset.viewer]();
      }
    });
    viewer.addEventListener("dblclick", function (event) {
      if (event.target.closest(".lpr-viewer__frame")) {
        zoomBy(zoom ? 0 : 3);
      }
    });
    viewer.addEventListener("keydown", function (event) {
      var isInside = event.target.closest(".lpr-viewer__frame.is-zoomed");
      if (event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      var does = {
        ArrowLeft: isInside ? null : function () { step(-1); },
        ArrowRight: isInside ? null : function () { step(1); },
        "+": function () { zoomBy(1); },
        "=": function () { zoomBy(1); },
        "-": function () { zoomBy(-1); },
        0: function () { zoomBy(0); },
        r: function () { press("relevant"); },
        n: function () { press("not_relevant"); },
      }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (does) {
        event.preventDefault();
        does();
      }
    });
    viewer.addEventListener("close", function () {
      viewer.querySelector(".lpr-viewer__pictures").replaceChildren();
      if (shown && shown.isConnected) {
        (shown.tabIndex >= -1 && shown.hasAttribute("tabindex") ? shown : shown.querySelector("[data-photographs] a")).focus();
      }
    });
  }

  start();
  document.addEventListener("lpr:arranged", start);
})();
