"""Local servers that speak the providers' documented formats, written from the documentation alone.

They check what the documentation says a provider checks (signature, clock, parameters) and answer as it says. ``plan``
holds accidents for the next requests; each is used once.
"""

import hashlib
import hmac
import itertools
import json
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> str:
        return self.path.partition("?")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What to answer. ``raw`` is written instead of HTTP; ``wait`` seconds pass first; ``drip`` sends byte by byte."""

    status: int = 200
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    wait: float = 0.0
    drip: float = 0.0


class HttpServer:
    """Base: answers with ``answer(request)`` unless an accident is planned."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.plan: list[Reply] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, self.rfile.read(length))
                outer.requests.append(request)
                outer.reply(self, outer.plan.pop(0) if outer.plan else outer.answer(request))

            do_GET = do_POST

            def log_message(self, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def reply(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.wait:
            time.sleep(reply.wait)
        try:
            if reply.raw is not None:
                for byte in reply.raw if reply.drip else [reply.raw]:
                    handler.wfile.write(bytes([byte]) if reply.drip else byte)
                    time.sleep(reply.drip)
                handler.close_connection = True
                return
            body = reply.content if isinstance(reply.content, bytes) else json.dumps(reply.content).encode()
            handler.send_response(reply.status)
            for name, value in ({"Content-Type": "application/json"} | reply.headers).items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            handler.close_connection = True  # the client had enough

    @contextmanager
    def running(self) -> Iterator["HttpServer"]:
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(5)


class Aliyun(HttpServer):
    """Dysmsapi 2017-05-25 with V3 signatures. Numbers ending in 0000 are malformed, in 1111 over their daily limit."""

    KEY_ID, SECRET = "LTAItest", "aliyun-secret-for-tests"
    SIGN, TEMPLATES = "天心区", {"SMS_1": ["code"], "SMS_2": ["number"]}

    def __init__(self) -> None:
        super().__init__()
        self.nonces: set[str] = set()
        self.sent: list[dict[str, str]] = []
        self.is_paid = True

    def answer(self, request: Request) -> Reply:
        problem = self._signature_problem(request)
        if problem:
            return self._error(400 if problem != "InvalidAccessKeyId.NotFound" else 404, problem)
        if (
            request.headers.get("x-acs-action") != "SendSms"
            or request.headers.get("x-acs-version") != "2017-05-25"
        ):
            return self._error(404, "InvalidAction.NotFound")
        given = {name: values[0] for name, values in parse_qs(request.query, strict_parsing=True).items()}
        code = self._code(given)
        if code != "OK":
            return Reply(
                200, {"Code": code, "Message": f"{given.get('PhoneNumbers')} 失败", "RequestId": "R-1"}
            )
        self.sent.append(given)
        return Reply(
            200, {"Code": "OK", "Message": "OK", "BizId": f"9006195{len(self.sent)}^0", "RequestId": "R-1"}
        )

    def _code(self, given: dict[str, str]) -> str:
        phone = given.get("PhoneNumbers", "")
        if not self.is_paid:
            return "isv.AMOUNT_NOT_ENOUGH"
        if not re.fullmatch(r"1\d{10}", phone) or phone.endswith("0000"):
            return "isv.MOBILE_NUMBER_ILLEGAL"
        if phone.endswith("1111"):
            return "isv.BUSINESS_LIMIT_CONTROL"
        if given.get("SignName") != self.SIGN:
            return "isv.SMS_SIGNATURE_ILLEGAL"
        wanted = self.TEMPLATES.get(given.get("TemplateCode", ""))
        if wanted is None:
            return "isv.SMS_TEMPLATE_ILLEGAL"
        parameters = json.loads(given.get("TemplateParam", "{}"))
        if not all(isinstance(value, str) for value in parameters.values()):
            return "isv.INVALID_JSON_PARAM"
        return "OK" if set(wanted) <= set(parameters) else "isv.TEMPLATE_MISSING_PARAMETERS"

    def _signature_problem(self, request: Request) -> str:
        found = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})",
            request.headers.get("authorization", ""),
        )
        if not found:
            return "IncompleteSignature"
        key_id, names, given = found.groups()
        if key_id != self.KEY_ID:
            return "InvalidAccessKeyId.NotFound"
        must = {name for name in request.headers if name.startswith("x-acs-")} | {"host"}
        if not must <= set(names.split(";")):
            return "IncompleteSignature"
        moment = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - moment) > timedelta(minutes=15):
            return "InvalidTimeStamp.Expired"
        nonce = request.headers["x-acs-signature-nonce"]
        if nonce in self.nonces:
            return "SignatureNonceUsed"
        self.nonces.add(nonce)
        if request.headers["x-acs-content-sha256"] != hashlib.sha256(request.body).hexdigest():
            return "SignatureDoesNotMatch"
        # Canonical query: sorted by parameter name, encoded by RFC 3986. Anything else signed is a mismatch.
        pairs = sorted(tuple(map(unquote, pair.split("=", 1))) for pair in request.query.split("&"))
        query = "&".join(f"{_rfc3986(name)}={_rfc3986(value)}" for name, value in pairs)
        canonical = (
            f"{request.method}\n{request.path.partition('?')[0]}\n{query}\n"
            + "".join(f"{name}:{request.headers[name].strip()}\n" for name in sorted(names.split(";")))
            + f"\n{names}\n{request.headers['x-acs-content-sha256']}"
        )
        to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode("utf-8")).hexdigest()
        right = hmac.digest(self.SECRET.encode(), to_sign.encode(), "sha256").hex()
        return "" if hmac.compare_digest(right, given) else "SignatureDoesNotMatch"

    @staticmethod
    def _error(status: int, code: str) -> Reply:
        return Reply(
            status,
            {"Code": code, "Message": "secret words", "RequestId": "R-1", "HostId": "dysmsapi.aliyuncs.com"},
        )


def _rfc3986(text: str) -> str:
    kept = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in text.encode("utf-8"))


class Tencent(HttpServer):
    """SMS 2021-01-11 with TC3 signatures. Numbers ending in 0000 are malformed, in 1111 over their daily limit."""

    KEY_ID, SECRET, APP = "AKIDtest", "tencent-secret-for-tests", "1400006666"
    SIGN, TEMPLATES = "天心区", {"1110": 1, "1111": 1}

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.is_paid = True

    def answer(self, request: Request) -> Reply:
        problem = self._signature_problem(request)
        if problem:
            return self._error(problem)
        headers = request.headers
        if headers.get("x-tc-action") != "SendSms":
            return self._error("InvalidAction")
        if headers.get("x-tc-version") != "2021-01-11":
            return self._error("NoSuchVersion")
        if not headers.get("x-tc-region"):
            return self._error("MissingParameter")
        given = request.json
        if given["SmsSdkAppId"] != self.APP:
            return self._error("InvalidParameterValue.SdkAppIdNotExist")
        phone, code = given["PhoneNumberSet"][0], self._code(given)
        if code == "Ok":
            self.sent.append(given)
        status = {
            "SerialNo": f"5000:{len(self.sent)}" if code == "Ok" else "",
            "PhoneNumber": phone,
            "Fee": int(code == "Ok"),
            "SessionContext": given.get("SessionContext", ""),
            "Code": code,
            "Message": "send success" if code == "Ok" else f"{phone} failed",
            "IsoCode": "CN",
        }
        return Reply(200, {"Response": {"SendStatusSet": [status], "RequestId": "a0aabda6"}})

    def _code(self, given: dict[str, Any]) -> str:
        phone = given["PhoneNumberSet"][0]
        if not self.is_paid:
            return "FailedOperation.InsufficientBalanceInSmsPackage"
        if not re.fullmatch(r"\+861\d{10}", phone) or phone.endswith("0000"):
            return "InvalidParameterValue.IncorrectPhoneNumber"
        if phone.endswith("1111"):
            return "LimitExceeded.PhoneNumberDailyLimit"
        if given["SignName"] != self.SIGN:
            return "FailedOperation.SignatureIncorrectOrUnapproved"
        if self.TEMPLATES.get(given["TemplateId"]) != len(given.get("TemplateParamSet", [])):
            return "FailedOperation.TemplateIncorrectOrUnapproved"
        return "Ok"

    def _signature_problem(self, request: Request) -> str:
        headers = request.headers
        found = re.fullmatch(
            r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, "
            r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
            headers.get("authorization", ""),
        )
        if not found:
            return "AuthFailure.InvalidAuthorization"
        key_id, day, names, given = found.groups()
        if key_id != self.KEY_ID:
            return "AuthFailure.SecretIdNotFound"
        moment = headers["x-tc-timestamp"]
        if abs(time.time() - int(moment)) > 300:
            return "AuthFailure.SignatureExpire"
        if day != datetime.fromtimestamp(int(moment), UTC).date().isoformat():
            return "AuthFailure.SignatureFailure"
        if not {"content-type", "host"} <= set(names.split(";")):
            return "AuthFailure.SignatureFailure"
        canonical_headers = ""
        for name in names.split(";"):
            canonical_headers += name + ":" + headers[name].strip().lower() + "\n"
        canonical = (
            "POST\n/\n\n" + canonical_headers + "\n" + names + "\n" + hashlib.sha256(request.body).hexdigest()
        )
        to_sign = (
            "TC3-HMAC-SHA256\n" + moment + "\n" + day + "/sms/tc3_request\n"
            + hashlib.sha256(canonical.encode()).hexdigest()
        )  # fmt: skip
        secret_date = hmac.digest(b"TC3" + self.SECRET.encode(), day.encode(), "sha256")
        secret_service = hmac.digest(secret_date, b"sms", "sha256")
        secret_signing = hmac.digest(secret_service, b"tc3_request", "sha256")
        right = hmac.digest(secret_signing, to_sign.encode(), "sha256").hex()
        return "" if hmac.compare_digest(right, given) else "AuthFailure.SignatureFailure"

    @staticmethod
    def _error(code: str) -> Reply:
        return Reply(
            200, {"Response": {"Error": {"Code": code, "Message": "secret words"}, "RequestId": "ed93f3cb"}}
        )


class Wechat(HttpServer):
    """Stable tokens, template messages (one for an openid and client_msg_id) and web sign-in.

    ``codes`` are those the platform gave to browsers, each with its openid; a code works once, as documented.
    """

    APP, SECRET = "wx0123456789abcdef", "wechat-secret-for-tests"
    TEMPLATES = ("T-notice",)

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.token, self.tokens_given, self.forced = "", 0, 0
        self.expires_in = 7200
        self.is_stuck = False
        self.codes: dict[str, str] = {}
        self.used_codes: set[str] = set()
        self._serial = itertools.count(1)
        self._seen: dict[tuple[str, str], int] = {}

    def end_token(self) -> None:
        """The platform forgets the token before its time."""
        self.token = ""

    def answer(self, request: Request) -> Reply:
        if request.path == "/cgi-bin/stable_token":
            return Reply(200, self._stable_token(request.json))
        if request.path.startswith("/cgi-bin/message/template/send?access_token="):
            return Reply(200, self._send(request))
        if request.method == "GET" and request.path.startswith("/sns/oauth2/access_token?"):
            return Reply(200, self._signed_in(dict(parse_qsl(request.query, keep_blank_values=True))))
        return Reply(404, {"errcode": 404, "errmsg": "not found"})

    def _signed_in(self, given: dict[str, str]) -> dict[str, Any]:
        """https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken.html"""
        if given.get("grant_type") != "authorization_code":
            return {"errcode": 40002, "errmsg": "invalid grant_type"}
        if given.get("appid") != self.APP:
            return {"errcode": 40013, "errmsg": "invalid appid"}
        if given.get("secret") != self.SECRET:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        code = given.get("code", "")
        if not code:
            return {"errcode": 41008, "errmsg": "missing code"}
        if code in self.used_codes:
            return {"errcode": 40163, "errmsg": f"code been used {code}"}
        if code not in self.codes:
            return {"errcode": 40029, "errmsg": f"invalid code {code}"}
        self.used_codes.add(code)
        found = {"access_token": f"WEB_{code}", "expires_in": 7200, "refresh_token": f"REFRESH_{code}"}
        found |= {"openid": self.codes[code], "scope": "snsapi_base"}
        return found | ({"is_snapshotuser": 1} if code.startswith("snapshot") else {})

    def _stable_token(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("grant_type") != "client_credential":
            return {"errcode": 40002, "errmsg": "invalid grant_type"}
        if given.get("appid") != self.APP:
            return {"errcode": 40013, "errmsg": "invalid appid"}
        if given.get("secret") != self.SECRET:
            return {"errcode": 40125, "errmsg": f"invalid appsecret {given.get('secret')}"}
        if given.get("force_refresh") or not (self.token or self.is_stuck):
            self.token, self.is_stuck = f"TOKEN_{next(self._serial)}", False
            self.forced += bool(given.get("force_refresh"))
        self.tokens_given += 1
        return {"access_token": self.token or "TOKEN_OLD", "expires_in": self.expires_in}

    def _send(self, request: Request) -> dict[str, Any]:
        token = request.query.partition("=")[2]
        if not self.token or token != self.token:
            return {
                "errcode": 42001 if token.startswith("TOKEN") else 40001,
                "errmsg": "access_token expired",
            }
        given = request.json
        if given["touser"].startswith("gone"):
            return {"errcode": 43004, "errmsg": f"require subscribe {given['touser']}"}
        if given["template_id"] not in self.TEMPLATES:
            return {"errcode": 40037, "errmsg": "invalid template_id"}
        if not all(set(value) == {"value"} for value in given["data"].values()):
            return {"errcode": 47003, "errmsg": "argument invalid!"}
        seen = self._seen.setdefault((given["touser"], given["client_msg_id"]), len(self._seen) + 1)
        if seen == len(self._seen) and given not in self.sent:
            self.sent.append(given)
        return {"errcode": 0, "errmsg": "ok", "msgid": 200228000 + seen}


class WebhookReceiver(HttpServer):
    """Whoever is told: verifies with ``verify(headers, body)`` and answers 204, or 401."""

    def __init__(self, verify: Callable[[dict[str, str], bytes], bool]) -> None:
        super().__init__()
        self.verify = verify
        self.events: list[Any] = []

    def answer(self, request: Request) -> Reply:
        if not self.verify(request.headers, request.body):
            return Reply(401, {"error": "signature"})
        self.events.append(request.json)
        return Reply(200, {"ok": True})


class Smtp:
    """A mail server with sign-in. ``replies`` holds answers to the next RCPT or DATA, each used once."""

    USER, PASSWORD = "tongxin", "smtp-password-for-tests"

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.rcpt_replies: list[str] = []
        self.data_replies: list[str] = []
        self.recipients: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._authenticate,
            auth_required=True,
            auth_require_tls=False,
        )

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            self.USER.encode(),
            self.PASSWORD.encode(),
        )
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.rcpt_replies:
            return self.rcpt_replies.pop(0)
        if address.startswith("nobody@"):
            return f"550 5.1.1 <{address}>: no such user"
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data_replies:
            return self.data_replies.pop(0)
        self.letters.append(envelope.content)
        return "250 OK"

    @contextmanager
    def running(self) -> Iterator["Smtp"]:
        self.controller.start()
        try:
            yield self
        finally:
            self.controller.stop()


@contextmanager
def talking(raw: bytes, wait: float = 0.0) -> Iterator[int]:
    """A TCP server that says this and hangs up, or says nothing for a while; yields its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            time.sleep(wait)
            self.request.sendall(raw)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(5)
