/* Puts pictures and streets under the hits, all from this service's own address.
   Data: a JSON block #map-layers, the configured sources in their order (docs/maps.md).
   map.js calls lprMapLayers(map, ifEmpty) once for each map; it answers whether there is something to
   draw, and calls ifEmpty when it turns out that nothing was. */
(function () {
  "use strict";

  var MAP = "map";
  var IMAGERY = "imagery";
  var NOT_THEN = "Imagery was not taken at the time of the read.";
  var AGAIN_AFTER = 2500; /* milliseconds; a block of tiles may be on its way */
  /* By rank: highways, main roads, streets. */
  var WIDER = { 1: 1.8, 2: 1.3, 3: 1 };
  var COLORS = { 1: "#f2c879", 2: "#fbeec6", 3: "#ffffff" };
  var NAMES_FROM = 15; /* zoom from which streets carry their names */

  function escaped(text) {
    var box = document.createElement("span");
    box.textContent = text;
    return box.innerHTML;
  }

  function address(source, coords) {
    return source.url.replace("{z}", coords.z).replace("{x}", coords.x).replace("{y}", coords.y);
  }

  function options(source) {
    var credit = escaped(source.credit);
    return {
      attribution: source.layer === IMAGERY ? credit + " · " + NOT_THEN : credit,
      minZoom: source.minZoom,
      maxNativeZoom: source.maxZoom,
      maxZoom: 19,
    };
  }

  /* --- streets ------------------------------------------------------------------------------ */

  function drawLine(brush, points, width, color) {
    brush.beginPath();
    points.forEach(function (point, place) {
      if (place) {
        brush.lineTo(point.x, point.y);
      } else {
        brush.moveTo(point.x, point.y);
      }
    });
    brush.lineWidth = width;
    brush.strokeStyle = color;
    brush.stroke();
  }

  /* Along the longest straight piece, where the whole name fits into this square. */
  function drawName(brush, name, points, size) {
    var best = null;
    for (var place = 1; place < points.length; place += 1) {
      var from = points[place - 1];
      var to = points[place];
      var length = Math.hypot(to.x - from.x, to.y - from.y);
      if (!best || length > best.length) {
        best = { from: from, to: to, length: length };
      }
    }
    var wide = brush.measureText(name).width;
    if (!best || best.length < wide + 8) {
      return;
    }
    var x = (best.from.x + best.to.x) / 2;
    var y = (best.from.y + best.to.y) / 2;
    var turn = Math.atan2(best.to.y - best.from.y, best.to.x - best.from.x);
    if (Math.abs(turn) > Math.PI / 2) {
      turn += Math.PI; /* never upside down */
    }
    var reach = wide / 2 + 4;
    var across = Math.abs(Math.cos(turn)) * reach;
    var along = Math.abs(Math.sin(turn)) * reach;
    if (x < across || y < along || x > size.x - across || y > size.y - along) {
      return;
    }
    brush.save();
    brush.translate(x, y);
    brush.rotate(turn);
    brush.lineWidth = 3;
    brush.strokeStyle = "#ffffff";
    brush.strokeText(name, 0, 0);
    brush.fillStyle = "#3d4551";
    brush.fillText(name, 0, 0);
    brush.restore();
  }

  function drawStreets(canvas, map, coords, size, streets) {
    var sharp = window.devicePixelRatio || 1;
    canvas.width = size.x * sharp;
    canvas.height = size.y * sharp;
    var brush = canvas.getContext("2d");
    brush.scale(sharp, sharp);
    brush.lineCap = brush.lineJoin = "round";
    brush.font = "11px sans-serif";
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    var corner = L.point(coords.x * size.x, coords.y * size.y);
    var lines = streets.features.map(function (street) {
      var points = street.geometry.coordinates.map(function (place) {
        return map.project(L.latLng(place[1], place[0]), coords.z).subtract(corner);
      });
      return { name: street.properties.name, rank: street.properties.rank, points: points };
    });
    var width = Math.max(1.5, coords.z - 12.5);
    lines.reverse(); /* main roads come first, and are drawn over the others */
    lines.forEach(function (line) {
      drawLine(brush, line.points, width * WIDER[line.rank] + 1.5, "#a9aeb1");
    });
    lines.forEach(function (line) {
      drawLine(brush, line.points, width * WIDER[line.rank], COLORS[line.rank]);
    });
    if (coords.z >= NAMES_FROM) {
      lines.forEach(function (line) {
        if (line.name) {
          drawName(brush, line.name, line.points, size);
        }
      });
    }
  }

  function streetTile(source, map, coords, size, done) {
    var canvas = document.createElement("canvas");
    canvas.className = "lpr-street-tile";
    fetch(address(source, coords), { credentials: "same-origin" })
      .then(function (answer) {
        return answer.ok ? answer.json() : { features: [] };
      })
      .then(function (streets) {
        source.drawn = source.drawn || streets.features.length > 0;
        drawStreets(canvas, map, coords, size, streets);
        done(null, canvas);
      })
      .catch(function (fault) {
        done(fault, canvas);
      });
    return canvas;
  }

  function streetLayer(source, map) {
    var Streets = L.GridLayer.extend({
      createTile: function (coords, done) {
        return streetTile(source, map, coords, this.getTileSize(), done);
      },
    });
    return new Streets(options(source));
  }

  /* --- pictures ----------------------------------------------------------------------------- */

  /* A square that can't be had is asked for once more; where there is none, streets are drawn. */
  function pictureLayer(source, map, streets) {
    var Pictures = L.GridLayer.extend({
      createTile: function (coords, done) {
        var size = this.getTileSize();
        var box = document.createElement("div");
        var picture = document.createElement("img");
        var tries = 0;
        picture.alt = "";
        picture.width = size.x;
        picture.height = size.y;
        picture.addEventListener("load", function () {
          done(null, box);
        });
        picture.addEventListener("error", function () {
          tries += 1;
          if (tries === 1) {
            window.setTimeout(function () {
              picture.src = address(source, coords);
            }, AGAIN_AFTER);
            return;
          }
          picture.remove();
          if (streets && source.layer === MAP && coords.z >= streets.minZoom) {
            box.appendChild(streetTile(streets, map, coords, size, done));
          } else {
            done(null, box);
          }
        });
        picture.src = address(source, coords);
        box.appendChild(picture);
        return box;
      },
    });
    return new Pictures(options(source));
  }

  /* --- all of it ---------------------------------------------------------------------------- */

  window.lprMapLayers = function (map, ifEmpty) {
    var block = document.getElementById("map-layers");
    var sources = block ? JSON.parse(block.textContent) : [];
    var streets = sources.filter(function (source) {
      return source.kind === "streets";
    })[0];
    var choices = {};
    sources.forEach(function (source) {
      var isStreets = source.kind === "streets";
      choices[escaped(source.label)] = isStreets
        ? streetLayer(source, map)
        : pictureLayer(source, map, streets);
    });
    var names = Object.keys(choices);
    if (!names.length) {
      return false;
    }
    L.control.attribution({ prefix: false }).addTo(map);
    choices[names[0]].addTo(map);
    if (sources[0] === streets) {
      choices[names[0]].once("load", function () {
        if (!streets.drawn) {
          ifEmpty();
        }
      });
    }
    if (names.length > 1) {
      L.control.layers(choices, null, { collapsed: map.getSize().x < 480 }).addTo(map);
    }
    return true;
  };
})();
