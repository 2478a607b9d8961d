"""A stand-in as a process: serves until the engine ends it, or is gone."""

import os
import signal
import sys
import threading
from concurrent import futures

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from standin.launch import PARENT
from standin.provider import Provider
from standin.servicer import OPTIONS, Servicer

THREADS = 256  # a command that waits for its machine holds one, and must never hold up another's diff
POLL_S = 1.0


def serve(provider: Provider) -> None:
    """Prints its port as the engine expects, then serves; does not return."""
    engine = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    server = grpc.server(futures.ThreadPoolExecutor(THREADS), options=OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider, engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # not PR_SET_PDEATHSIG: it fires when the *thread* that started the plugin ends, and the engine's come and go
    while os.getppid() == PARENT and not ended.wait(POLL_S):
        pass
    os._exit(0)  # without waiting for threads that hold an SSH session
