"""A client made with Debian's `websockets`: tries what a WebSocket can do against the echo server at the URL given."""
import asyncio
import os
import sys

import websockets


async def main(url):
    async with websockets.connect(url, subprotocols=["other", "echo"], max_size=None) as socket:
        assert socket.subprotocol == "echo", socket.subprotocol
        # Offered by this library, taken by the server, and nobody in between has a say in it.
        assert [extension.name for extension in socket.extensions] == ["permessage-deflate"]

        await socket.send("Grüße")
        assert await socket.recv() == "Grüße"
        print("text")

        for length in (0, 125, 126, 65535, 65536, 1024 * 1024):
            binary = os.urandom(length)
            await socket.send(binary)
            assert await socket.recv() == binary
        print("binary")

        async def fragments():
            for fragment in ("one ", "two ", "three"):
                yield fragment

        await socket.send(fragments())
        assert await socket.recv() == "one two three"
        print("fragments")

        await asyncio.wait_for(await socket.ping(b"are you there"), timeout=10)
        print("ping")

        await socket.close(code=4321, reason="enough")
    assert (socket.close_code, socket.close_reason) == (4321, "enough")
    print("close")

    async with websockets.connect(url + "?close=3210") as socket:
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            assert (closed.rcvd.code, closed.rcvd.reason) == (3210, "by the server")
    print("closed")

    async with websockets.connect(url, compression=None) as socket:
        assert socket.extensions == []
        await socket.send("plain")
        assert await socket.recv() == "plain"
    print("without compression")


asyncio.run(main(sys.argv[1]))
