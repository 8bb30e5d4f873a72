/* Draws hits on a map that asks nobody outside: the ground (map-ground.js), and what
   map-layers.js puts under them.

   Data: <div data-map data-points="id of a block of JSON" data-outlines="address of the borders">;
   the block is what lprsvc/lib/mapping.py makes. What lies close together is one counted marker.
   With the list beside it the map talks by events of the document:
     lpr:choose  {numbers, from, pan, open}  these hits are pointed at; from: "map" or "list"
     lpr:moved   {bounds}                    somebody moved the map: [south, west, north, east]
     lpr:points  {stay}                      the block of JSON is another one now
     lpr:where                               say where you are, by lpr:moved */
(function () {
  "use strict";

  var CLOSEST = 12; /* zoom for places: a town, with the borders still in view */
  var ALONE = 8; /* zoom for a single place where there is nothing but borders to see */
  var STREETS = 16; /* … and where there are streets or pictures */
  var NEAREST = 17; /* beyond it nothing comes apart any more */
  var REACH = 34; /* pixels within which markers would cover each other */
  var LISTED = 12; /* hits that a marker's own list names */

  function element(tag, css, text) {
    var made = document.createElement(tag);
    if (css) {
      made.className = css;
    }
    if (text) {
      made.textContent = text;
    }
    return made;
  }

  function tell(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail: detail }));
  }

  function addOutlines(map, address) {
    lprMapGround.outlines(address, function (borders) {
      var names = [];
      L.geoJSON(borders, {
        interactive: false,
        style: lprMapGround.line,
        pointToLayer: function (feature, place) {
          var label = element("span", "", feature.properties.name);
          var icon = L.divIcon({ className: "lpr-map-name", html: label, iconSize: [120, 16] });
          var name = L.marker(place, { icon: icon, interactive: false, keyboard: false });
          names.push({ marker: name, degrees: feature.properties.width, letters: label.textContent.length });
          return name;
        },
      }).addTo(map);
      map.on("zoomend", function () {
        showNames(map, names);
      });
      showNames(map, names);
    });
  }

  /* A name is shown where its state is about as wide as the word. */
  function showNames(map, names) {
    var pixelsPerDegree = (256 * Math.pow(2, map.getZoom())) / 360;
    names.forEach(function (name) {
      var fits = name.degrees * pixelsPerDegree > name.letters * 5.5;
      name.marker.getElement().classList.toggle("lpr-hidden", !fits);
    });
  }

  function readPoints(box) {
    var data = JSON.parse(document.getElementById(box.dataset.points).textContent);
    var cameras = data.cameras.map(function (names) { return names.filter(Boolean).join(", "); });
    return data.points.map(function (point) {
      var place = data.places[point[0]];
      return {
        place: L.latLng(place[0], place[1]),
        camera: cameras[place[2]],
        number: point[1],
        minutes: point[2],
        zone: data.zones[point[3]],
        isLeftOut: point[4] === 1,
      };
    });
  }

  /* The clock at the camera: minutes since 1970 on that clock, so no zone of this browser's. */
  function timeOf(point) {
    return new Date(point.minutes * 60000).toISOString().slice(0, 16).replace("T", " ") + " " + point.zone;
  }

  /* Points whose markers would cover each other at this zoom, together: each joins the first group
     near enough, found by the squares around it. */
  function group(map, points) {
    var zoom = map.getZoom();
    var groups = [];
    var squares = {};
    points.forEach(function (point) {
      var at = map.project(point.place, zoom);
      var column = Math.floor(at.x / REACH);
      var row = Math.floor(at.y / REACH);
      var found = null;
      for (var x = column - 1; x <= column + 1 && !found; x++) {
        for (var y = row - 1; y <= row + 1 && !found; y++) {
          found = (squares[x + "," + y] || []).find(near);
        }
      }
      function near(one) {
        return one.at.distanceTo(at) < REACH;
      }
      if (!found) {
        found = { at: at, points: [], bounds: L.latLngBounds(point.place, point.place) };
        (squares[column + "," + row] = squares[column + "," + row] || []).push(found);
        groups.push(found);
      }
      found.points.push(point);
      found.bounds.extend(point.place);
    });
    return groups;
  }

  function numbersOf(some) {
    return some.points.map(function (point) { return point.number; }).filter(Boolean);
  }

  /* Where a hit is in the list: on this page, or on the one that holds it. */
  function linkTo(number, perPage) {
    if (document.getElementById("hit-" + number)) {
      return "#hit-" + number;
    }
    var query = new URLSearchParams(window.location.search);
    query.set("page", Math.ceil(number / perPage));
    return "?" + query + "#hit-" + number;
  }

  function popupFor(some, perPage) {
    var box = element("div", "lpr-popup");
    var list = element("ul");
    box.appendChild(element("p", "", camerasOf(some)));
    some.points.slice(0, LISTED).forEach(function (point) {
      var row = element("li");
      var isListed = perPage && point.number;
      var part = element(isListed ? "a" : "span", "", (isListed ? point.number + ": " : "") + timeOf(point));
      if (isListed) {
        part.href = linkTo(point.number, perPage);
      }
      row.appendChild(part);
      list.appendChild(row);
    });
    box.appendChild(list);
    if (some.points.length > LISTED) {
      box.appendChild(element("p", "", "and " + (some.points.length - LISTED) + " more here"));
    }
    return box;
  }

  function camerasOf(some) {
    var names = {};
    some.points.forEach(function (point) { names[point.camera] = true; });
    names = Object.keys(names);
    return names.length > 3 ? names.length + " cameras" : names.join("; ");
  }

  /* Begins with what is drawn, so that who speaks to the browser can name it as it looks. */
  function nameOf(some, label, alone) {
    var numbers = numbersOf(some);
    if (alone) {
      return "Place: " + camerasOf(some);
    }
    if (some.points.length > 1) {
      return label + " hits: " + camerasOf(some);
    }
    return (numbers.length ? "Hit " + label : "A hit that is not listed") + ": " + camerasOf(some);
  }

  function iconFor(some, alone) {
    var count = some.points.length;
    var numbers = numbersOf(some);
    var label = count > 1 ? count + "×" : alone || !numbers.length ? "" : String(numbers[0]);
    var size = count > 1 ? (count > 99 ? 44 : 36) : numbers.length ? 28 : 16;
    var css = "lpr-marker" + (numbers.length ? "" : " is-unlisted");
    return {
      label: label,
      icon: L.divIcon({ className: css, html: element("span", "", label), iconSize: [size, size] }),
    };
  }

  function draw(box) {
    var perPage = Number(box.dataset.perPage) || 0;
    var map = L.map(box, { maxZoom: 18, minZoom: 2, zoomSnap: 0.5, attributionControl: false });
    var points = readPoints(box);
    var drawn = L.layerGroup();
    var markers = []; /* {some, marker} of what is drawn */
    var chosen = [];
    var quiet = true; /* the map is moved by the page, not by a person */
    var isOnPaper = false;
    var alone = ALONE;

    L.control.scale().addTo(map);
    drawn.addTo(map);
    fit();
    lprMapGround.grid().addTo(map);
    if (window.lprMapLayers && window.lprMapLayers(map, showBorders)) {
      alone = STREETS;
      fit();
    }
    addOutlines(map, box.dataset.outlines);
    redraw();
    quiet = false;

    function showBorders() {
      alone = ALONE;
      quietly(fit);
    }

    map.on("zoomend", redraw);
    map.on("moveend", function () {
      if (!quiet) {
        var bounds = map.getBounds();
        tell("lpr:moved", { bounds: [bounds.getSouth(), bounds.getWest(), bounds.getNorth(), bounds.getEast()] });
      }
    });

    function redraw() {
      var hadFocus = drawn.getLayers().some(function (layer) { return layer.getElement() === document.activeElement; });
      var shown = isOnPaper ? points.filter(function (point) { return !point.isLeftOut; }) : points;
      drawn.clearLayers();
      markers = group(map, shown).map(function (some) {
        var drawing = iconFor(some, points.length === 1);
        var marker = L.marker(some.bounds.getCenter(), {
          icon: drawing.icon,
          alt: nameOf(some, drawing.label, points.length === 1),
          riseOnHover: true,
        });
        drawn.addLayer(marker);
        /* Leaflet names only image markers (by alt); these are buttons drawn in style. */
        marker.getElement().setAttribute("aria-label", marker.options.alt);
        listen(marker, some);
        return { some: some, marker: marker };
      });
      if (hadFocus) {
        box.focus(); /* the marker that had it is gone */
      }
      highlight();
    }

    function listen(marker, some) {
      var canPart = some.bounds.getNorthEast().distanceTo(some.bounds.getSouthWest()) > 20 && map.getZoom() < NEAREST;
      if (canPart) {
        marker.on("click", function () {
          map.fitBounds(some.bounds.pad(0.3), { maxZoom: NEAREST });
        });
      } else {
        marker.bindPopup(function () { return popupFor(some, perPage); });
        marker.on("popupopen", function () {
          if (!marker.fromList) {
            tell("lpr:choose", { numbers: numbersOf(some), from: "map", pan: true });
          }
        });
      }
      marker.on("mouseover", function () {
        tell("lpr:choose", { numbers: numbersOf(some), from: "map" });
      });
      marker.on("mouseout", function () {
        tell("lpr:choose", { numbers: [], from: "map" });
      });
      marker.getElement().addEventListener("focus", function () {
        tell("lpr:choose", { numbers: numbersOf(some), from: "map" });
      });
    }

    function holds(one) {
      return numbersOf(one.some).some(function (number) { return chosen.indexOf(number) >= 0; });
    }

    function highlight() {
      markers.forEach(function (one) {
        var isChosen = holds(one);
        one.marker.getElement().classList.toggle("is-chosen", isChosen);
        one.marker.setZIndexOffset(isChosen ? 1000 : 0);
      });
    }

    /* Moves the map without taking it for a person's wish to filter by it. */
    function quietly(move) {
      quiet = true;
      move();
      quiet = false;
    }

    document.addEventListener("lpr:choose", function (event) {
      chosen = event.detail.numbers;
      highlight();
      if (event.detail.from === "map" || !chosen.length) {
        return;
      }
      var point = points.find(function (one) { return one.number === chosen[0]; });
      if (point && event.detail.pan && !map.getBounds().contains(point.place)) {
        quietly(function () { map.panTo(point.place, { animate: false }); });
      }
      if (point && event.detail.open) {
        openAt(point);
      }
    });

    function openAt(point) {
      quietly(function () {
        map.setView(point.place, Math.max(map.getZoom(), CLOSEST - 2), { animate: false });
      });
      var one = markers.find(holds);
      if (one && one.marker.getPopup()) {
        one.marker.fromList = true;
        one.marker.openPopup();
        one.marker.fromList = false;
      }
    }

    document.addEventListener("lpr:points", function (event) {
      points = readPoints(box);
      chosen = [];
      if (!event.detail || !event.detail.stay) {
        quietly(fit);
      }
      redraw();
    });

    function fit() {
      var wanted = box.dataset.section && box.dataset.section.split(",").map(Number);
      if (wanted && wanted.length === 4) {
        map.fitBounds([[wanted[0], wanted[1]], [wanted[2], wanted[3]]], { animate: false });
      } else if (points.length) {
        var bounds = L.latLngBounds(points.map(function (point) { return point.place; }));
        /* Below them is room for the scale, which would lie on the lowest. */
        map.fitBounds(bounds.pad(0.15), { maxZoom: points.length === 1 ? alone : CLOSEST, paddingBottomRight: [0, 40], animate: false });
      } else if (!map._loaded) {
        map.setView([39.5, -98.5], 3);
      }
    }

    /* Folded away it had no size; paper has another width than the window, and is laid out too late
       to be measured. */
    function resize() {
      quietly(function () {
        map.invalidateSize({ animate: false });
        fit();
        redraw();
      });
    }
    var fold = box.closest("details");
    if (fold) {
      fold.addEventListener("toggle", function () {
        if (fold.open) {
          resize();
        }
      });
    }
    window.addEventListener("beforeprint", function () {
      isOnPaper = true;
      box.classList.add("is-printed");
      resize();
    });
    window.addEventListener("afterprint", function () {
      isOnPaper = false;
      box.classList.remove("is-printed");
      resize();
    });
    document.addEventListener("lpr:where", function () { map.fire("moveend"); });
  }

  document.querySelectorAll("[data-map]").forEach(draw);
})();
