// A stand-in for DingTalk's page script: gives an H5 page a login code for the chosen person.

(function () {
  var here = document.currentScript.src;
  var base = here.slice(0, here.indexOf("/sandbox/"));
  var asked = new URLSearchParams(location.search).get("sandbox_user") || new URL(here).searchParams.get("user");
  if (asked) sessionStorage.setItem("sandbox_user", asked);
  function person() { return sessionStorage.getItem("sandbox_user") || ""; }
  function requestAuthCode(options) {
    var job = fetch(base + "/sandbox/authcode?user=" + encodeURIComponent(person())).then(function (answer) {
      if (!answer.ok) throw { errorCode: "9", errorMessage: "没有选择人员" };
      return answer.json();
    });
    if (!options || !options.onSuccess && !options.success) return job;
    job.then(options.onSuccess || options.success, options.onFail || options.fail);
  }
  window.dd = {
    env: { platform: "pc" }, version: "sandbox", config: function () {}, error: function () {},
    ready: function (work) { setTimeout(work, 0); }, requestAuthCode: requestAuthCode,
    getAuthCode: requestAuthCode, runtime: { permission: { requestAuthCode: requestAuthCode } }
  };
})();
