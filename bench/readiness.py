"""When a target is whole, seen from outside and the same way for everyone."""

import http.client
import re
import ssl
import subprocess
import threading
import time

INTERVAL_S = 0.1
QUESTIONS = {  # that a user asks of Traefik: port, path -> what it answers
    (443, "/grafana/api/health"): 200,
    (443, "/prometheus/"): 401,
    (9000, "/health"): 200,  # S3
}
PINNED = 6  # services with one task: Prometheus, Alertmanager, Grafana, blackbox, S3 and its gateway
ON_MANAGERS = 2  # Traefik, socket-proxy
ON_WORKERS = 1  # socket-proxy-worker
EVERYWHERE = 2  # node-exporter, cAdvisor


def tasks_of(machines: int) -> list[int]:
    """How many tasks each service has, in order of size, where one of the machines is a manager."""
    counts = [1] * (PINNED + ON_MANAGERS) + [machines - 1] * ON_WORKERS + [machines] * EVERYWHERE
    return sorted(counts)


class Watcher(threading.Thread):
    """Asks until all is answered and every service has its tasks, healthy; `seconds` is how long that took."""

    seconds: float | None = None

    def __init__(self, address: str, manager: str, machines: int):
        super().__init__(daemon=True)
        self._address = address
        self._manager = manager  # name of its container
        self._tasks = tasks_of(machines)
        self._start = time.monotonic()
        self._given_up = threading.Event()
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE  # of the machine that was made just now, by its own program

    def run(self) -> None:
        open_questions = list(QUESTIONS)
        while not self._given_up.wait(INTERVAL_S):
            while open_questions and self._answers(*open_questions[0]):
                open_questions.pop(0)
            # Asked last, since it costs the machine more than the questions do.
            if not open_questions and self._every_task_runs():
                self.seconds = time.monotonic() - self._start
                return

    def _answers(self, port: int, path: str) -> bool:
        connection = http.client.HTTPSConnection(self._address, port, timeout=1, context=self._context)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == QUESTIONS[port, path]
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _every_task_runs(self) -> bool:
        """A task with a health check runs when it is healthy."""
        command = ["docker", "exec", self._manager, "docker", "service", "ls", "--format", "{{.Replicas}}"]
        listed = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        replicas = re.findall(r"^(\d+)/([1-9]\d*)", listed, re.MULTILINE)  # of none: what has ports from applications
        found = [(int(running), int(all_)) for running, all_ in replicas]
        return sorted(running for running, _ in found) == self._tasks == sorted(all_ for _, all_ in found)

    def result(self) -> float:
        """To be called when all should be well at once; an error if it is not."""
        self.join(timeout=30)
        self._given_up.set()
        if self.seconds is None:
            raise TimeoutError(f"not everything at https://{self._address}/ is well")
        return self.seconds
