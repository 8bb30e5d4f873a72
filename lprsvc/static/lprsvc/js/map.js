/* Draws hits on a map that asks nobody outside: a grid, the states' borders, and what
   map-layers.js puts under them.
   Data: <div data-map data-points="id of a JSON block" data-outlines="address of the borders">.
   Rows [data-hit-row], buttons [data-hit-show] and cards #hit-N move with the markers. */
(function () {
  "use strict";

  var CLOSEST = 12; /* zoom for places: a town, with the borders still in view */
  var ALONE = 8; /* zoom for a single place where there is nothing but borders to see */
  var STREETS = 16; /* … and where there are streets or pictures */

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

  function gridLayer() {
    var Grid = L.GridLayer.extend({
      createTile: function () {
        return element("div", "lpr-grid-tile");
      },
    });
    return new Grid({ tileSize: 128 });
  }

  function addOutlines(map, address) {
    fetch(address, { credentials: "same-origin" })
      .then(function (answer) {
        if (!answer.ok) {
          throw new Error("borders: HTTP " + answer.status);
        }
        return answer.json();
      })
      .then(function (borders) {
        var names = [];
        L.geoJSON(borders, {
          interactive: false,
          style: { color: "#71767a", weight: 1, fill: false },
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
      })
      .catch(function (fault) {
        /* The map is still of use without borders; the table has every place in words. */
        console.error(fault);
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

  /* One fixed camera reads a plate many times: hits at one spot share a marker. */
  function bySpot(points) {
    var spots = {};
    points.forEach(function (point) {
      var key = point.latitude.toFixed(5) + "," + point.longitude.toFixed(5);
      (spots[key] = spots[key] || []).push(point);
    });
    return Object.keys(spots).map(function (key) {
      return spots[key];
    });
  }

  function popupFor(spot) {
    var box = element("div", "lpr-popup");
    var list = element("ul");
    box.appendChild(element("p", "", spot[0].source + (spot[0].camera ? ", " + spot[0].camera : "")));
    spot.forEach(function (point) {
      var row = element("li");
      var target = document.getElementById("hit-" + point.number);
      var text = point.number + ": " + point.time;
      var part = element(target ? "a" : "span", "", target ? text : point.time);
      if (target) {
        part.href = "#hit-" + point.number;
      }
      row.appendChild(part);
      list.appendChild(row);
    });
    box.appendChild(list);
    return box;
  }

  /* Begins with what is drawn, so that who speaks to the browser can name it as it looks. */
  function nameOf(numbers, label, alone) {
    if (alone) {
      return "Place";
    }
    return numbers.length > 1 ? label + ", hits " + numbers.join(", ") : "Hit " + label;
  }

  function markerFor(spot, alone) {
    var label = spot.length > 1 ? spot.length + "×" : alone ? "" : String(spot[0].number);
    var size = spot.length > 1 ? 36 : 28;
    var numbers = spot.map(function (point) {
      return point.number;
    });
    return L.marker([spot[0].latitude, spot[0].longitude], {
      icon: L.divIcon({ className: "lpr-marker", html: element("span", "", label), iconSize: [size, size] }),
      alt: nameOf(numbers, label, alone) + ": " + spot[0].source,
      riseOnHover: true,
    }).bindPopup(popupFor(spot));
  }

  function draw(box) {
    var points = JSON.parse(document.getElementById(box.dataset.points).textContent);
    var map = L.map(box, { maxZoom: 18, minZoom: 2, zoomSnap: 0.5, attributionControl: false });
    var markers = {};
    var spots = bySpot(points);
    var alone = ALONE;

    L.control.scale().addTo(map);
    fit(map, points, ALONE);
    gridLayer().addTo(map);
    if (window.lprMapLayers && window.lprMapLayers(map, showBorders)) {
      alone = STREETS;
      fit(map, points, alone);
    }
    addOutlines(map, box.dataset.outlines);

    function showBorders() {
      alone = ALONE;
      fit(map, points, alone);
    }

    function choose(numbers, scroll) {
      Object.keys(markers).forEach(function (number) {
        var drawn = markers[number].getElement();
        if (drawn) {
          drawn.classList.toggle("is-chosen", numbers.some(function (chosen) {
            return markers[chosen] === markers[number];
          }));
        }
      });
      document.querySelectorAll("[data-hit-row]").forEach(function (row) {
        var chosen = numbers.indexOf(Number(row.dataset.hitRow)) >= 0;
        row.classList.toggle("is-chosen", chosen);
        if (chosen && scroll && Number(row.dataset.hitRow) === numbers[0]) {
          scrollInside(row);
        }
      });
    }

    spots.forEach(function (spot) {
      var marker = markerFor(spot, points.length === 1).addTo(map);
      var numbers = spot.map(function (point) {
        markers[point.number] = marker;
        return point.number;
      });
      /* Leaflet names only image markers (by alt); these are buttons drawn in style. */
      marker.getElement().setAttribute("aria-label", marker.options.alt);
      marker.on("popupopen", function () {
        if (!marker.fromRow) {
          choose(numbers, true);
        }
      });
    });

    document.querySelectorAll("[data-hit-show]").forEach(function (button) {
      button.addEventListener("click", function () {
        var number = Number(button.dataset.hitShow);
        var marker = markers[number];
        map.setView(marker.getLatLng(), Math.max(map.getZoom(), CLOSEST - 2));
        marker.fromRow = true;
        marker.openPopup();
        marker.fromRow = false;
        choose([number], false);
      });
    });

    /* Paper has another width than the window, and is laid out too late to be measured. */
    function resize(printed) {
      box.classList.toggle("is-printed", printed);
      map.invalidateSize({ animate: false });
      fit(map, points, alone);
    }
    window.addEventListener("beforeprint", function () {
      resize(true);
    });
    window.addEventListener("afterprint", function () {
      resize(false);
    });
  }

  function fit(map, points, alone) {
    var bounds = L.latLngBounds(points.map(function (point) {
      return [point.latitude, point.longitude];
    }));
    map.fitBounds(bounds.pad(0.15), { maxZoom: points.length === 1 ? alone : CLOSEST, animate: false });
  }

  /* Scrolls the table's own box, never the page: the map must stay where the pointer is. */
  function scrollInside(row) {
    var box = row.closest(".lpr-scroll");
    if (box) {
      box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - 48;
    }
  }

  document.querySelectorAll("[data-map]").forEach(draw);
})();
