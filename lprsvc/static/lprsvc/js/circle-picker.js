/* Chooses the center of a circle on a map that asks nobody outside (map-ground.js).
   The three fields beside it hold what is sent; the map only fills them in and shows them.
   Data: <div data-circle-picker data-latitude data-longitude data-radius: ids of the fields,
   data-outlines: address of the borders>, and a button [data-circle-middle] for the keyboard. */
(function () {
  "use strict";

  var METERS_PER_MILE = 1609.344;
  var COUNTRY = [[24.5, -125], [49.5, -66.9]];
  var USUAL_MILES = "5";

  function addOutlines(map, address) {
    lprMapGround.outlines(address, function (borders) {
      L.geoJSON(borders, {
        interactive: false,
        filter: function (feature) {
          return feature.geometry.type !== "Point";
        },
        style: lprMapGround.line,
      }).addTo(map);
    });
  }

  function number(field) {
    return field.value.trim() === "" ? NaN : Number(field.value);
  }

  function pick(box) {
    var latitude = document.getElementById(box.dataset.latitude);
    var longitude = document.getElementById(box.dataset.longitude);
    var radius = document.getElementById(box.dataset.radius);
    var map = L.map(box, { maxZoom: 16, minZoom: 2, zoomSnap: 0.5, attributionControl: false });
    var circle = L.circle([0, 0], { radius: 1, color: "#b50909", weight: 2, interactive: false });
    var point = L.circleMarker([0, 0], { radius: 4, color: "#b50909", fillOpacity: 1, interactive: false });

    map.fitBounds(COUNTRY, { animate: false });
    lprMapGround.grid().addTo(map);
    L.control.scale().addTo(map);
    addOutlines(map, box.dataset.outlines);

    function show(move) {
      var place = [number(latitude), number(longitude)];
      var meters = number(radius) * METERS_PER_MILE;
      var known = Math.abs(place[0]) <= 90 && Math.abs(place[1]) <= 180;
      if (!known) {
        circle.remove();
        point.remove();
        return;
      }
      point.setLatLng(place).addTo(map);
      if (!(meters > 0)) {
        circle.remove();
        return;
      }
      circle.setLatLng(place).setRadius(meters).addTo(map);
      if (move) {
        map.fitBounds(circle.getBounds().pad(0.5), { animate: false });
      }
    }

    function choose(place) {
      var wrapped = place.wrap();
      latitude.value = wrapped.lat.toFixed(5);
      longitude.value = wrapped.lng.toFixed(5);
      if (radius.value.trim() === "") {
        radius.value = USUAL_MILES;
      }
      show(false);
    }

    map.on("click", function (event) {
      choose(event.latlng);
    });
    box.parentNode.querySelector("[data-circle-middle]").addEventListener("click", function () {
      choose(map.getCenter());
    });
    [latitude, longitude, radius].forEach(function (field) {
      field.addEventListener("input", function () {
        show(true);
      });
    });
    show(true);
  }

  /* A map can't be drawn in a part that is not shown: it is drawn when the part first is. */
  document.querySelectorAll("[data-circle-picker]").forEach(function (box) {
    var seen = new IntersectionObserver(function (entries) {
      if (entries.some(function (entry) { return entry.isIntersecting; })) {
        seen.disconnect();
        pick(box);
      }
    });
    seen.observe(box);
  });
})();
