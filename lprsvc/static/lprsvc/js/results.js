/* The list of an answer: keys, the map beside it, filters without reloading, marks.
   Every part works without it, by links and forms; what it asks for is recorded as they are. */
(function () {
  "use strict";

  var PHONE = window.matchMedia("(max-width: 63.99em)");
  var form, onlyMap, said, map;
  var marking = null; /* the hit that was marked by a key last */
  var landing = null; /* where a change of page leads: "first" or "last", and whether large */

  function find(selector) {
    return document.querySelector(selector);
  }

  function hits() {
    return Array.prototype.slice.call(document.querySelectorAll("article[data-hit]"));
  }

  function tell(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail: detail }));
  }

  function numberOf(hit) {
    return Number(hit.dataset.hit);
  }

  /* ---- List and map move together ------------------------------------------------------------ */

  function choose(hit, more) {
    tell("lpr:choose", Object.assign({ numbers: hit ? [numberOf(hit)] : [], from: "list" }, more));
  }

  document.addEventListener("lpr:choose", function (event) {
    var numbers = event.detail.numbers;
    hits().forEach(function (hit) {
      hit.classList.toggle("is-chosen", numbers.indexOf(numberOf(hit)) >= 0);
    });
    if (event.detail.from === "map" && event.detail.pan && !PHONE.matches) {
      var first = hits().find(function (hit) { return numbers.indexOf(numberOf(hit)) >= 0; });
      if (first) {
        first.scrollIntoView({ block: "nearest" });
      }
    }
  });

  document.addEventListener("mouseover", function (event) {
    var hit = event.target.closest && event.target.closest("article[data-hit]");
    if (hit && !hit.contains(event.relatedTarget)) {
      choose(hit);
    }
  });
  document.addEventListener("mouseout", function (event) {
    var hit = event.target.closest && event.target.closest("article[data-hit]");
    if (hit && !hit.contains(event.relatedTarget)) {
      choose(document.activeElement.closest("article[data-hit]"));
    }
  });
  document.addEventListener("focusin", function (event) {
    var hit = event.target.closest("article[data-hit]");
    if (hit) {
      rove(hit);
      choose(hit, { pan: true });
    }
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-show-on-map]");
    if (button) {
      showOnMap(button.closest("article"));
    }
  });

  function showOnMap(hit) {
    var fold = map.closest("details");
    fold.open = true;
    choose(hit, { pan: true, open: true });
    if (PHONE.matches) {
      map.scrollIntoView({ block: "center" });
    }
  }

  /* ---- Keys ---------------------------------------------------------------------------------- */

  /* One hit at a time is reached by Tab; the arrows lead to the others. */
  function rove(hit) {
    hits().forEach(function (one) { one.tabIndex = one === hit ? 0 : -1; });
  }

  function go(hit) {
    if (hit) {
      rove(hit);
      hit.focus({ preventScroll: true });
      hit.scrollIntoView({ block: "nearest" });
    }
  }

  function turn(which, landsOn) {
    var link = find("[data-pages] .usa-pagination__" + which + "-page");
    if (link) {
      landing = { on: landsOn };
      link.click();
    }
  }

  function mark(hit, name) {
    var pressed = hit.querySelector('[data-do-mark][aria-pressed="true"]');
    var button = name ? hit.querySelector('[data-do-mark="' + name + '"]') : pressed;
    if (button && (!name || button !== pressed)) {
      marking = hit;
      button.click();
    }
  }

  /* What replaces the marks may take the focus away: the keys go on from the hit they marked, unless
     the person has gone elsewhere meanwhile. */
  function comeBack() {
    var lost = !document.activeElement || document.activeElement === document.body || document.activeElement.closest(".lpr-mark");
    if (marking && marking.isConnected && lost) {
      marking.focus({ preventScroll: true });
    }
  }
  document.addEventListener("htmx:afterSettle", comeBack);
  document.addEventListener("htmx:oobAfterSwap", comeBack);

  document.addEventListener("keydown", function (event) {
    var hit = event.target.closest("article[data-hit]");
    if (!hit || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), select, textarea")) {
      return;
    }
    var all = hits();
    var at = all.indexOf(hit);
    function down() {
      if (all[at + 1]) { go(all[at + 1]); } else { turn("next", "first"); }
    }
    function up() {
      if (all[at - 1]) { go(all[at - 1]); } else { turn("previous", "last"); }
    }
    var does = {
      ArrowDown: down, j: down, ArrowUp: up, k: up,
      ArrowRight: function () { turn("next", "first"); },
      ArrowLeft: function () { turn("previous", "first"); },
      Home: function () { go(all[0]); },
      End: function () { go(all[all.length - 1]); },
      Enter: event.target === hit ? function () { tell("lpr:open", { hit: hit }); } : null,
      r: function () { mark(hit, "relevant"); },
      n: function () { mark(hit, "not_relevant"); },
      u: function () { mark(hit, ""); },
      m: function () { showOnMap(hit); },
      x: function () { hit.querySelector('[name="hit"]').click(); },
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (does) {
      event.preventDefault();
      does();
    }
  });

  document.addEventListener("lpr:opened", function (event) {
    choose(event.detail.hit, { pan: true });
    rove(event.detail.hit);
  });

  /* Beyond the last photograph of a page is the next page's first. */
  document.addEventListener("lpr:page", function (event) {
    landing = { on: event.detail.open, isLarge: true };
    event.detail.link.click();
  });

  /* ---- Filters ------------------------------------------------------------------------------- */

  function start() {
    form = find("#arrange");
    onlyMap = find("[data-only-map]");
    said = find("[data-said]");
    map = find("#hits-map");
  }

  /* Map and charts show all pages of an arrangement, so that one more page need not bring them
     again; but where a mark has changed since, they are others. */
  var isMarkedAnew = false;
  document.addEventListener("lpr:marked", function () { isMarkedAnew = true; });
  document.addEventListener("htmx:configRequest", function (event) {
    if (event.detail.elt.closest("[data-pages]") && !isMarkedAnew) {
      event.detail.headers["Lpr-List-Only"] = "1";
    }
  });

  /* Addresses name what is chosen, and nothing else. */
  document.addEventListener("htmx:configRequest", function (event) {
    if (event.detail.elt !== form) {
      return;
    }
    var sent = event.detail.formData || event.detail.parameters;
    Array.from(sent.keys()).forEach(function (name) {
      var values = sent.getAll(name).filter(Boolean);
      sent.delete(name);
      if (name === "sort" && values[0] === "newest") {
        return;
      }
      values.forEach(function (value) { sent.append(name, value); });
    });
  });

  var waiting = null;
  document.addEventListener("lpr:moved", function (event) {
    if (onlyMap && onlyMap.checked) {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(function () { filterByMap(event.detail.bounds); }, 500);
    }
  });
  document.addEventListener("change", function (event) {
    if (event.target === onlyMap) {
      /* The map says where it is as soon as it is asked to stay there. */
      tell("lpr:where", {});
      if (!onlyMap.checked) {
        filterByMap(null);
      }
    }
  });

  function filterByMap(bounds) {
    find("#id_map").value = bounds ? bounds.map(function (edge) { return edge.toFixed(5); }).join(",") : "";
    form.setAttribute("hx-push-url", "false");
    form.setAttribute("hx-replace-url", "true");
    htmx.trigger(form, "submit");
  }

  var wasOpen = null;
  var hasPoints = true;
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.target.id !== "answer") {
      return;
    }
    var folds = ["arrange-more", "when"];
    wasOpen = folds.map(function (id) { return [id, (document.getElementById(id) || {}).open]; });
    hasPoints = event.detail.xhr.responseText.indexOf('id="hits-points"') >= 0;
    /* The log-on has ended, or the query: that is a page of its own. */
    if (event.detail.xhr.responseText.indexOf('id="answer"') < 0) {
      event.detail.shouldSwap = false;
      window.location.assign(event.detail.pathInfo.finalRequestPath);
    }
  });

  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.detail.target.id !== "answer" && event.detail.elt.id !== "answer") {
      return;
    }
    arranged();
  });

  function arranged() {
    start();
    (wasOpen || []).forEach(function (fold) {
      var now = document.getElementById(fold[0]);
      if (now && fold[1] !== undefined) {
        now.open = fold[1];
      }
    });
    wasOpen = null;
    onlyMap.checked = Boolean(find("#id_map").value);
    said.textContent = find("[data-status]").textContent;
    if (hasPoints) {
      isMarkedAnew = false;
      tell("lpr:points", { stay: onlyMap.checked });
    }
    reopen();
    tell("lpr:arranged", {});
    if (landing) {
      var all = hits();
      var hit = landing.on === "last" ? all[all.length - 1] : all[0];
      go(hit);
      if (landing.isLarge) {
        tell("lpr:open", { hit: hit });
      }
      landing = null;
    }
  }

  /* ---- Marks --------------------------------------------------------------------------------- */

  document.addEventListener("htmx:oobAfterSwap", function (event) {
    var changed = event.detail.target;
    if (changed.id === "marks") {
      reopen();
    }
    if (changed.dataset && changed.dataset.markOf) {
      document.querySelectorAll("[data-mark-of]").forEach(function (one) {
        one.closest("[data-hit]").dataset.mark = one.dataset.mark;
      });
      tell("lpr:marked", {});
    }
  });

  document.addEventListener("htmx:afterRequest", function (event) {
    var path = event.detail.pathInfo.requestPath;
    if (/\/marks\/$/.test(path)) {
      said.textContent = event.detail.successful ? find(".lpr-marks__counts").innerText : event.detail.xhr.responseText;
      if (event.detail.successful && event.detail.elt.name === "ticked") {
        ticked = {};
      }
      showTicks();
    }
  });

  /* ---- Ticks ---------------------------------------------------------------------------------

     Those of other pages are remembered for as long as this one is open, and nowhere else. */

  var ticked = {}; /* signed name of a hit: true */

  function boxes() {
    return Array.prototype.slice.call(document.querySelectorAll('input[type="checkbox"][name="hit"]'));
  }

  function showTicks() {
    var here = boxes();
    var elsewhere = find("[data-ticks-elsewhere]");
    var all = find("[data-check-page]");
    var count = Object.keys(ticked).length;
    if (!elsewhere) {
      return;
    }
    var others = Object.assign({}, ticked);
    here.forEach(function (box) {
      box.checked = Boolean(ticked[box.value]);
      delete others[box.value];
    });
    elsewhere.replaceChildren.apply(elsewhere, Object.keys(others).map(function (name) {
      var input = document.createElement("input");
      input.type = "hidden";
      input.name = "hit";
      input.value = name;
      return input;
    }));
    var away = Object.keys(others).length;
    all.checked = here.length > 0 && here.every(function (box) { return box.checked; });
    find("[data-ticks-said]").textContent = !count ? "No hit is ticked" : count + (count === 1 ? " hit is ticked" : " hits are ticked") + (away ? ", " + away + " of them on other pages" : "");
    find("[data-ticks-away]").hidden = !count;
  }

  function tick(box, isOn) {
    if (isOn) {
      ticked[box.value] = true;
    } else {
      delete ticked[box.value];
    }
  }

  document.addEventListener("change", function (event) {
    var box = event.target;
    if (box.closest("[data-check-page]")) {
      boxes().forEach(function (one) { tick(one, box.checked); });
    } else if (box.name === "hit") {
      tick(box, box.checked);
    } else {
      return;
    }
    showTicks();
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-ticks-away]")) {
      ticked = {};
      showTicks();
    }
  });

  /* The parts that a change of marks replaces stay as open as they were. */
  var openFolds = {};
  document.addEventListener("toggle", function (event) {
    if (event.target.matches && event.target.matches(".lpr-marks__bulk")) {
      openFolds[event.target.id] = event.target.open;
    }
  }, true);

  function reopen() {
    Object.keys(openFolds).forEach(function (id) {
      var fold = document.getElementById(id);
      if (fold) {
        fold.open = openFolds[id];
      }
    });
    showTicks();
  }

  /* ---- Paper --------------------------------------------------------------------------------- */

  window.addEventListener("beforeprint", function () {
    var token = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
    fetch(window.location.pathname + "printed/" + window.location.search, {
      method: "POST", headers: token, credentials: "same-origin", keepalive: true,
    });
  });

  start();
  boxes().forEach(function (box) { tick(box, box.checked); }); /* as a browser's back button left them */
  showTicks();
  if (PHONE.matches) {
    document.querySelectorAll('[data-fold="when"]').forEach(function (fold) { fold.open = false; });
  }
  var wanted = /^#hit-\d+$/.test(window.location.hash) && find(window.location.hash);
  if (wanted) {
    rove(wanted);
  }
})();
