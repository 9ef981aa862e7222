"""The receiving side of ``bench.notices``: answers as Aliyun's SendSms does and counts keys. One process, no disk.

``python -m bench.receiver PORT``. ``GET /counts`` tells how many requests came, how many keys they carried and when the
last new one did.
"""

import asyncio
import json
import sys
import time
from urllib.parse import parse_qs

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


class Receiver(asyncio.Protocol):
    """One kept-alive connection. Requests have no body."""

    keys: dict[str, int] = {}
    last = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to answer."""
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode()
            body = json.dumps(self.counts() if target == "/counts" else self.take(target)).encode()
            self.transport.write(HEAD.format(len(body)).encode() + body)

    @classmethod
    def take(cls, target: str) -> dict[str, str]:
        """Count one message by its key; a repeated one is acknowledged again and changes nothing else."""
        key = parse_qs(target.partition("?")[2])["OutId"][0]
        if key not in cls.keys:
            cls.last = time.time()
        cls.keys[key] = cls.keys.get(key, 0) + 1
        return {"Code": "OK", "Message": "OK", "RequestId": key, "BizId": key}

    @classmethod
    def counts(cls) -> dict[str, float]:
        """What came so far."""
        return {"requests": sum(cls.keys.values()), "keys": len(cls.keys), "last": cls.last}


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
