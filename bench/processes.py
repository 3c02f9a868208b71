"""What a server's processes have used: CPU time of the whole tree, memory of each worker."""

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that one process holds: `rss` counts shared pages in full, `pss` its share of them.

    `pss` is None where the system doesn't say (only Linux does).
    """

    rss: int
    pss: int | None


class ProcessTree:
    """A server: one process and all that it started."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def cpu_seconds(self) -> float:
        """Give the CPU time, user and system, that the tree has used up to now."""
        total = 0.0
        for process in self._processes():
            times = process.cpu_times()
            total += times.user + times.system
        return total

    def largest_worker(self) -> Memory:
        """Give the memory of the largest process that the server started."""
        workers = [_memory(process) for process in self._root.children(recursive=True)]
        return max(workers, key=lambda memory: memory.rss)

    def _processes(self) -> list[psutil.Process]:
        return [self._root, *self._root.children(recursive=True)]


def _memory(process: psutil.Process) -> Memory:
    if not psutil.LINUX:
        return Memory(process.memory_info().rss, None)
    full = process.memory_full_info()
    return Memory(full.rss, full.pss)
