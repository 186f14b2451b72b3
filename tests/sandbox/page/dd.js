// A stand-in for DingTalk's page script: who opened the page, where the phone is, the scanner, and no network.
// A strip at the foot lets a visitor hold the phone: where it is, and whether it has a network.

(function () {
  var here = document.currentScript.src;
  var base = here.slice(0, here.indexOf("/sandbox/"));
  var named = /[?&]sandbox_user=([^&]+)/.exec(decodeURIComponent(location.search)); // also behind a sign-in, in `next`
  var asked = named ? named[1] : new URL(here).searchParams.get("user");
  if (asked) sessionStorage.setItem("sandbox_user", asked);
  var network = window.fetch.bind(window); // the camera and the satellites need no network
  var signing = false, signed = false;

  function person() { return sessionStorage.getItem("sandbox_user") || ""; }
  function ask(path, options) {
    return network(base + "/sandbox/" + path, options).then(function (answer) {
      return answer.json().then(function (told) {
        if (!answer.ok) throw { errorCode: "9", errorMessage: told.error };
        return told;
      });
    });
  }
  function given(job, options, done, failed) {
    if (!options || !options[done] && !options.success) return job;
    job.then(options[done] || options.success, options[failed] || options.fail || function () {});
  }

  function requestAuthCode(options) {
    var asked = options || {};
    var query = new URLSearchParams({ user: person(), corpId: asked.corpId || "", clientId: asked.clientId || "" });
    return given(ask("authcode?" + query).catch(function () { throw { errorCode: "9", errorMessage: "没有选择人员" }; }), options, "onSuccess", "onFail");
  }

  // dd.config: the page's signature is checked as DingTalk checks it; place and scanner open only after it.
  var ready = [], wrong = [];
  function config(told) {
    signing = true;
    var query = new URLSearchParams({ url: location.href.split("#")[0] });
    Object.keys(told).forEach(function (name) { query.set(name, told[name]); });
    ask("jsapi?" + query).then(function () { signed = true; ready.splice(0).forEach(function (work) { work(); }); },
      function (fault) { wrong.splice(0).forEach(function (work) { work(fault); }); });
  }
  function vouched(work) {
    return signed ? work() : Promise.reject({ errorCode: "7", errorMessage: "页面没有经过 dd.config" });
  }

  function getLocation(options) {
    return given(vouched(function () {
      var place = sessionStorage.getItem("sandbox_place") || "beside";
      if (place === "denied") return Promise.reject({ errorCode: "4", errorMessage: "没有定位权限" });
      var away = { beside: [0.0002, 0.0001], near: [0.0015, 0.001], far: [0.012, 0.013] }[place];
      return Promise.resolve({ latitude: 20.018 + away[0], longitude: 110.287 + away[1], accuracy: place === "far" ? 600 : 20 });
    }), options, "onSuccess", "onFail");
  }

  // The scanner reads whatever code another phone is showing at this moment.
  function scan(options) {
    return given(ask("screens").then(function (shown) {
      var others = shown.filter(function (one) { return one.userId !== person(); });
      if (!others.length) throw { errorCode: "1", errorMessage: "没有看到二维码" };
      return { text: others[0].text };
    }), options, "onSuccess", "onFail");
  }

  // What this phone's screen shows: its codes, for the cameras of the others.
  var last = "";
  function look() {
    var found = [].filter.call(document.querySelectorAll("img[src^='data:image/png']"), function (one) { return one.offsetParent; })[0];
    var picture = found ? found.src : "";
    if (picture === last || !person()) return;
    last = picture;
    network(base + "/sandbox/screens?user=" + encodeURIComponent(person()), { method: "POST", body: picture }).catch(function () { last = ""; });
  }
  setInterval(look, 500);

  // No network: nothing of the page's own reaches anybody.
  function cut(off) {
    sessionStorage.setItem("sandbox_offline", off ? "yes" : "");
    Object.defineProperty(navigator, "onLine", { configurable: true, get: function () { return !off; } });
    window.fetch = off ? function () { return Promise.reject(new TypeError("no network")); } : network;
    window.dispatchEvent(new Event(off ? "offline" : "online"));
  }
  if (sessionStorage.getItem("sandbox_offline")) cut(true);

  function strip() {
    if (!person() || !document.querySelector("[data-phone]")) return;
    var bar = document.createElement("p"), off = document.createElement("button"), place = document.createElement("select");
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "练习用：这部手机");
    var style = { display: "flex", gap: "8px", alignItems: "center", justifyContent: "center", padding: "8px", margin: "16px 0 0", color: "#646f7d", fontSize: "12px" };
    Object.assign(bar.style, style);
    [["beside", "人在会场旁"], ["near", "人在 200 米外"], ["far", "人在 2 公里外"], ["denied", "不许定位"]].forEach(function (one) {
      place.add(new Option(one[1], one[0], false, one[0] === (sessionStorage.getItem("sandbox_place") || "beside")));
    });
    place.setAttribute("aria-label", "这部手机在哪里");
    place.addEventListener("change", function () { sessionStorage.setItem("sandbox_place", place.value); });
    off.type = "button";
    function word() { off.textContent = sessionStorage.getItem("sandbox_offline") ? "恢复网络" : "断网"; }
    off.addEventListener("click", function () { cut(!sessionStorage.getItem("sandbox_offline")); word(); });
    word();
    [off, place].forEach(function (one) { Object.assign(one.style, { minHeight: "44px", font: "inherit", padding: "0 12px", width: "auto" }); });
    bar.append("练习：" + person(), off, place);
    document.body.append(bar);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", strip); else strip();

  window.dd = {
    env: { platform: "pc" }, version: "sandbox", config: config,
    error: function (work) { wrong.push(work); },
    ready: function (work) { // in the next turn: a dd.config of this turn is waited for
      setTimeout(function () { if (signing && !signed) ready.push(work); else work(); }, 0);
    },
    requestAuthCode: requestAuthCode, getAuthCode: requestAuthCode, getLocation: getLocation, scan: scan,
    runtime: { permission: { requestAuthCode: requestAuthCode } }
  };
})();
