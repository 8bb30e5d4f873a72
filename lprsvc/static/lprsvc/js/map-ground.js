/* What lies under every map when nothing is configured: a grid and the states' borders.
   lprMapGround.grid() is the layer; lprMapGround.outlines(address, done) gives done(borders) the
   borders as GeoJSON, states' names among them as points. Nobody outside is asked. */
(function () {
  "use strict";

  function grid() {
    var Grid = L.GridLayer.extend({
      createTile: function () {
        var tile = document.createElement("div");
        tile.className = "lpr-grid-tile";
        return tile;
      },
    });
    return new Grid({ tileSize: 128 });
  }

  function outlines(address, done) {
    fetch(address, { credentials: "same-origin" })
      .then(function (answer) {
        if (!answer.ok) {
          throw new Error("borders: HTTP " + answer.status);
        }
        return answer.json();
      })
      .then(done)
      .catch(function (fault) {
        /* The map is still of use without borders; list or fields have every place in words. */
        console.error(fault);
      });
  }

  window.lprMapGround = { grid: grid, outlines: outlines, line: { color: "#71767a", weight: 1, fill: false } };
})();
