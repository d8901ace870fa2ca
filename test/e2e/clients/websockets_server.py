"""An echo server made with Debian's `websockets`: says its port, and closes by itself when `?close=CODE` asks for it."""
import asyncio
from urllib.parse import parse_qs, urlsplit

import websockets


async def echo(socket):
    query = parse_qs(urlsplit(socket.path).query)
    if "close" in query:
        await socket.close(code=int(query["close"][0]), reason="by the server")
        return
    async for message in socket:
        await socket.send(message)


async def main():
    async with websockets.serve(
        echo, "127.0.0.1", 0, subprotocols=["echo"], max_size=None
    ) as server:
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
