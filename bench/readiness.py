"""Readiness of a target, seen from outside: program and baseline script are measured in the same way."""

import http.client
import re
import ssl
import subprocess
import threading
import time

INTERVAL_S = 0.1
QUESTIONS = {  # requests of a user to Traefik: port, path -> status of the answer
    (443, "/grafana/api/health"): 200,
    (443, "/prometheus/"): 401,
    (9000, "/health"): 200,  # S3
}
SINGLE = 6  # services with one task: Prometheus, Alertmanager, Grafana, blackbox, S3 and its gateway
ON_MANAGERS = 2  # Traefik, socket-proxy
ON_WORKERS = 1  # socket-proxy-worker
EVERYWHERE = 2  # node-exporter, cAdvisor


def tasks_of(machines: int) -> list[int]:
    """Return the number of tasks of each service, sorted; one of the machines is a manager."""
    counts = [1] * (SINGLE + ON_MANAGERS) + [machines - 1] * ON_WORKERS + [machines] * EVERYWHERE
    return sorted(counts)


class Watcher(threading.Thread):
    """A thread that asks until every request is answered and every task is healthy; `seconds` is the duration."""

    seconds: float | None = None

    def __init__(self, address: str, manager: str, machines: int):
        super().__init__(daemon=True)
        self._address = address
        self._manager = manager  # name of the container
        self._tasks = tasks_of(machines)
        self._start = time.monotonic()
        self._given_up = threading.Event()
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE  # the bench has just made the certificate itself

    def run(self) -> None:
        open_questions = list(QUESTIONS)
        while not self._given_up.wait(INTERVAL_S):
            while open_questions and self._answers(*open_questions[0]):
                open_questions.pop(0)
            # Last, because listing services costs the machine more than the requests.
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
        """Return whether every task runs, which Swarm says of a task with a health check only once it is healthy."""
        command = ["docker", "exec", self._manager, "docker", "service", "ls", "--format", "{{.Replicas}}"]
        listed = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        # Without the service that reserves ports, which has no tasks.
        replicas = re.findall(r"^(\d+)/([1-9]\d*)", listed, re.MULTILINE)
        counts = [(int(running), int(desired)) for running, desired in replicas]
        return sorted(running for running, _ in counts) == self._tasks == sorted(desired for _, desired in counts)

    def result(self) -> float:
        """Return the duration; call this after the update, and expect a TimeoutError if the target is not ready."""
        self.join(timeout=30)
        self._given_up.set()
        if self.seconds is None:
            raise TimeoutError(f"not everything at https://{self._address}/ is well")
        return self.seconds
