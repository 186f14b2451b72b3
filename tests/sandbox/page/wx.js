// A stand-in for WeChat's page script: wx.config is checked as WeChat checks it, and only then the scanner opens.
// The scanner reads a picture, or words as a code would hold them.

(function () {
  var here = document.currentScript.src;
  var base = here.slice(0, here.indexOf("/sandbox/"));
  var state = "", fault = null, allowed = [], ready = null, wrong = null; // one listener each, and `ready` after a refusal too

  function ask(path, options) {
    return fetch(base + "/sandbox/" + path, options).then(function (answer) {
      return answer.json().then(function (told) {
        if (!answer.ok) throw { errMsg: told.error };
        return told;
      });
    });
  }

  function config(told) {
    state = "asked";
    allowed = told.jsApiList || [];
    var query = new URLSearchParams({ url: location.href.split("#")[0] });
    ["appId", "timestamp", "nonceStr", "signature"].forEach(function (name) { query.set(name, told[name]); });
    ask("wechat/jsapi?" + query).then(function () {
      state = "ready";
    }, function (told) {
      state = "wrong"; fault = told;
      if (wrong) wrong(fault);
    }).then(function () { if (ready) ready(); });
  }

  function may(name) { return state === "ready" && allowed.indexOf(name) >= 0; }

  function scanQRCode(options) {
    if (!may("scanQRCode")) return options.fail && options.fail({ errMsg: "scanQRCode:the permission value is offline verifying" });
    var sheet = document.createElement("dialog"), words = document.createElement("input");
    var take = document.createElement("button"), leave = document.createElement("button"), picture = document.createElement("input");
    Object.assign(sheet.style, { width: "min(100% - 32px, 340px)", padding: "20px", border: "0", borderRadius: "12px" });
    sheet.setAttribute("aria-label", "练习用：扫一扫");
    picture.type = "file"; picture.accept = "image/*";
    picture.setAttribute("aria-label", "选一张带码的图片");
    words.placeholder = "或者粘贴码里的文字";
    words.setAttribute("aria-label", "码里的文字");
    [picture, words, take, leave].forEach(function (one) {
      Object.assign(one.style, { width: "100%", minHeight: "44px", margin: "0 0 12px", font: "inherit" });
    });
    take.type = leave.type = "button";
    take.textContent = "就扫它"; leave.textContent = "取消";
    function done(text) {
      sheet.remove();
      options.success({ resultStr: text, errMsg: "scanQRCode:ok" });
    }
    take.addEventListener("click", function () { if (words.value.trim()) done(words.value.trim()); });
    leave.addEventListener("click", function () { sheet.remove(); if (options.cancel) options.cancel({ errMsg: "scanQRCode:cancel" }); });
    picture.addEventListener("change", function () {
      var reader = new FileReader();
      reader.addEventListener("load", function () {
        ask("wechat/read", { method: "POST", body: reader.result })
          .then(function (found) { done(found.text); }, function (told) { sheet.remove(); options.fail(told); });
      });
      if (picture.files[0]) reader.readAsDataURL(picture.files[0]);
    });
    sheet.append(picture, words, take, leave);
    document.body.append(sheet);
    sheet.showModal();
  }

  window.wx = window.jWeixin = {
    config: config,
    ready: function (work) { ready = work; if (state === "ready") work(); },
    error: function (work) { wrong = work; if (state === "wrong") work(fault); },
    checkJsApi: function (options) {
      var found = {};
      options.jsApiList.forEach(function (name) { found[name] = may(name); });
      options.success({ checkResult: found, errMsg: "checkJsApi:ok" });
    },
    scanQRCode: scanQRCode
  };
})();
