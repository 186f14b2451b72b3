"""Response headers that keep a browser from doing what we did not ask for (controls E1, A4)."""

from __future__ import annotations

from flask import Flask, Response, request

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


def protect(app: Flask, *, secure: bool) -> None:
    """Add the headers to every answer; only files under /static/ may be kept by the browser."""

    def add(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if not request.path.startswith("/static/"):
            headers["Cache-Control"] = "no-store"
        if secure:
            headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
        return response

    app.after_request(add)
