"""Start a sandbox beside a test, act as people in it, and read what they see."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import httpx

ROOT = Path(__file__).parents[2]
EXAMPLES = Path(__file__).parent / "examples"
CLIENT_ID, CLIENT_SECRET = "dingsandbox", "sandbox-secret"


class Sandbox:
    """The control API of a running sandbox, and its REST doors with a token."""

    def __init__(self, base: str, client_id: str = CLIENT_ID, client_secret: str = CLIENT_SECRET) -> None:
        self.base, self.client_id, self.client_secret = base, client_id, client_secret
        self.http = httpx.Client(base_url=base, timeout=90, trust_env=False)

    def get(self, path: str, **query: Any) -> Any:
        """GET /sandbox/<path>."""
        return self._told(self.http.get(f"/sandbox/{path}", params=query))

    def post(self, path: str, **body: Any) -> Any:
        """POST /sandbox/<path>."""
        return self._told(self.http.post(f"/sandbox/{path}", json=body))

    def add_people(self, *people: Mapping[str, Any]) -> None:
        """Put people into the directory."""
        self.post("people", people=[dict(person) for person in people])

    def say(self, user_id: str, text: str, **more: Any) -> Any:
        """A person writes to the robot."""
        return self.post("say", userId=user_id, text=text, **more)

    def click(self, user_id: str, out_track_id: str, action: str, **more: Any) -> Any:
        """A person presses a button."""
        return self.post("click", userId=user_id, outTrackId=out_track_id, action=action, **more)

    def phone(self, user_id: str) -> Any:
        """What a person sees."""
        return self.get(f"phone/{user_id}")

    def face(self, out_track_id: str, user_id: str) -> Any:
        """One card as a person sees it."""
        return self.get(f"cards/{out_track_id}", userId=user_id)

    def set_faults(self, **faults: Any) -> Any:
        """Turn fault switches; None turns one off."""
        return self.post("faults", **faults)

    def token(self) -> str:
        """A valid access token."""
        body = {"appKey": self.client_id, "appSecret": self.client_secret}
        return cast(str, self.http.post("/v1.0/oauth2/accessToken", json=body).json()["accessToken"])

    def call(self, method: str, path: str, body: Any = None, token: str | None = None, **query: Any) -> httpx.Response:
        """One call of the new API, with a fresh token unless told otherwise."""
        headers = {"x-acs-dingtalk-access-token": self.token() if token is None else token}
        return self.http.request(method, path, json=body, headers=headers, params=query)

    def old(self, path: str, **body: Any) -> Any:
        """One call of the old API."""
        return self.http.post(path, params={"access_token": self.token()}, json=body).json()

    def agreed(self, address: str, user_id: str) -> str:
        """A person agrees on the login page at `address`; where their browser is sent then."""
        query = httpx.URL(address).params.set("user", user_id)
        answer = self.http.get("/oauth2/agreed", params=query)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def signed_in(self, address: str, user_id: str, agent: str = "") -> str:
        """A person chooses themselves on 海政通's page at `address`, or refuses (""); where their browser is sent."""
        more = {"user": user_id} if user_id else {"refused": "1"}
        query = httpx.URL(address).params.merge(more)
        answer = self.http.get("/haizhengtong/agreed", params=query, headers={"User-Agent": agent})
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def login_code(self, user_id: str) -> str:
        """A code of the login page for this person."""
        query = {"redirect_uri": "http://127.0.0.1/back", "response_type": "code", "client_id": self.client_id}
        query |= {"scope": "openid", "state": "s", "prompt": "consent"}
        return httpx.URL(self.agreed(str(httpx.URL("/oauth2/auth", params=query)), user_id)).params["authCode"]

    def until(self, check: Any, seconds: float = 60.0) -> Any:
        """The first true answer of `check()`.

        Raises:
            AssertionError: none came in time.
        """
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if answer := check():
                return answer
            time.sleep(0.02)
        raise AssertionError(f"waited {seconds} s in vain")

    @staticmethod
    def _told(answer: httpx.Response) -> Any:
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(*arguments: str, port: int = 0, manifests: Path = EXAMPLES) -> Iterator[Sandbox]:
    """A sandbox process for the length of a with-block."""
    port = port or free_port()
    command = [sys.executable, "-m", "tests.sandbox", "--port", str(port), "--manifests", str(manifests), *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        app = dict(pairwise(arguments)).get("--app", f"{CLIENT_ID}:{CLIENT_SECRET}")
        sandbox = Sandbox(f"http://127.0.0.1:{port}", *app.split(":", 1))
        try:
            sandbox.until(lambda: _answers(sandbox), 120)
            yield sandbox
        finally:
            sandbox.http.close()
            process.terminate()
            process.wait(60)


def environment(sandbox: Sandbox) -> dict[str, str]:
    """The environment in which the unmodified SDK finds this sandbox."""
    mine = {"DINGTALK_OPENAPI_ENDPOINT": sandbox.base, "NO_PROXY": "127.0.0.1,localhost"}
    return {**os.environ, **mine, "BOT_ID": sandbox.client_id, "BOT_SECRET": sandbox.client_secret}


def _answers(sandbox: Sandbox) -> bool:
    try:
        return bool(sandbox.get("about")["ready"])
    except httpx.TransportError:
        return False
