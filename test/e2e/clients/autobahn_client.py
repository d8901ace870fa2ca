"""A client made with Debian's `autobahn`: frames of its own making against the echo server at the URL given."""
import os
import sys

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol

import asyncio
from urllib.parse import urlsplit

BINARY = os.urandom(1024 * 1024)


class Client(WebSocketClientProtocol):
    def onOpen(self):
        assert self.websocket_protocol_in_use == "echo", self.websocket_protocol_in_use
        self.expected = []
        self.say("text".encode(), False)
        self.say(BINARY, True)
        # A message in three frames, with a ping between two of them.
        self.expected.append((b"one two three", True))
        self.beginMessage(isBinary=True)
        self.sendMessageFrame(b"one ")
        self.sendPing(b"between frames")
        self.sendMessageFrame(b"two ")
        self.sendMessageFrame(b"three")
        self.endMessage()
        # Octet by octet.
        self.say(b"in single octets", True, fragmentSize=1)
        self.ponged = False

    def say(self, payload, binary, **options):
        self.expected.append((payload, binary))
        self.sendMessage(payload, isBinary=binary, **options)

    def onPong(self, payload):
        assert payload == b"between frames", payload
        self.ponged = True

    def onMessage(self, payload, isBinary):
        assert (payload, isBinary) == self.expected.pop(0)
        if not self.expected:
            assert self.ponged
            self.sendClose(4321, "enough")

    def onClose(self, wasClean, code, reason):
        print("clean" if wasClean else "unclean", code, self.remoteCloseCode)
        asyncio.get_event_loop().stop()


url = sys.argv[1]
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
factory = WebSocketClientFactory(url, protocols=["echo"])
factory.protocol = Client
loop.run_until_complete(
    loop.create_connection(factory, urlsplit(url).hostname, urlsplit(url).port)
)
loop.run_forever()
