"""When Traefik answers, seen from outside and the same way for everyone."""

import http.client
import ssl
import threading
import time

INTERVAL_S = 0.1


class Watcher(threading.Thread):
    """Asks https://<address>/ until it answers 503; `seconds` is how long that took."""

    seconds: float | None = None

    def __init__(self, address: str):
        super().__init__(daemon=True)
        self._address = address
        self._start = time.monotonic()
        self._given_up = threading.Event()
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE  # of the machine that was made just now, by its own program

    def run(self) -> None:
        while not self._given_up.wait(INTERVAL_S):
            if self._answers():
                self.seconds = time.monotonic() - self._start
                return

    def _answers(self) -> bool:
        connection = http.client.HTTPSConnection(self._address, timeout=1, context=self._context)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 503
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def result(self) -> float:
        """To be called when Traefik should answer at once; an error if it does not."""
        self.join(timeout=10)
        self._given_up.set()
        if self.seconds is None:
            raise TimeoutError(f"https://{self._address}/ does not answer 503")
        return self.seconds
