"""Response headers that keep a browser from doing what we did not ask for (controls E1, A4)."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

from core.settings import Settings

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
A_YEAR = 365 * 24 * 3600


def inside_dingtalk(response: Response, settings: Settings) -> Response:
    """Let this page load DingTalk's own script, from where the settings say."""
    place = urlsplit(settings.dingtalk.jsapi)
    origin = f"{place.scheme}://{place.netloc}"
    policy = POLICY.replace("script-src 'self'", f"script-src 'self' {origin}")
    if settings.profile == "practice":  # the practice script asks its own server who it is
        policy = policy.replace("connect-src 'self'", f"connect-src 'self' {origin}")
    response.headers["Content-Security-Policy"] = policy
    return response


def inside_wechat(response: Response, settings: Settings) -> Response:
    """Let a citizens' page load WeChat's own script, from where the settings say, and speak with the phone.

    The phone's bridge is spoken to over frames of its two schemes, which are no addresses anywhere.
    """
    place = urlsplit(settings.wechat.jsapi)
    origin = f"{place.scheme}://{place.netloc}"
    policy = POLICY.replace("script-src 'self'", f"script-src 'self' {origin}") + "; frame-src weixin: wvjbscheme:"
    if settings.profile == "practice":  # the practice script asks its own server
        policy = policy.replace("connect-src 'self'", f"connect-src 'self' {origin}")
    response.headers["Content-Security-Policy"] = policy
    return response


def for_phones(response: Response, settings: Settings, script: str) -> Response:
    """A page that may ask where the phone is, once its owner agrees; with an app's `script`, of the app."""
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(self), microphone=()"
    return inside_dingtalk(response, settings) if script else response


def protect(app: Flask, *, secure: bool) -> None:
    """Add the headers to every answer; only files under /static/ may be kept by the browser."""

    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault(
            "Content-Security-Policy", POLICY
        )  # a page inside DingTalk asks DingTalk's own script (for_phones)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if request.path.startswith(("/c/", "/v/")):
            headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        if not request.path.startswith("/static/"):
            headers["Cache-Control"] = "no-store"
        if secure:
            headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
        return response

    app.after_request(add)
