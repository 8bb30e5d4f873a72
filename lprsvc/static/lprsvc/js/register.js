/* Takes the registration key from behind the "#" of the mail's link, which browsers send to no
   server, and out of the address, where it might be read over a shoulder. */
(function () {
  "use strict";

  var field = document.querySelector('input[name="key"]');
  var key = window.location.hash.slice(1);
  if (field && /^[0-9A-Za-z-]{20,60}$/.test(key)) {
    field.value = key;
    history.replaceState(null, "", window.location.pathname);
  }
})();
