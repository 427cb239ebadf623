import resource
import threading
from collections.abc import Callable

from portal.running.web.call_room import with_room_for_calls

DEPTHS = 400  # calls within each other; a request has about a hundred
TIMES = 200  # that each depth is gone to and come back from


def test_calls_at_any_depth_take_no_memory_each_time() -> None:
    assert _worst(_go_down) >= TIMES, "frames are kept otherwise here, and nothing is proven"
    assert _worst(with_room_for_calls(_go_down)) < TIMES / 4


def test_what_is_called_answers_as_without_it() -> None:
    assert with_room_for_calls(divmod)(7, 2) == (3, 1)


def _worst(go_down: Callable[[list[int]], None]) -> int:
    """Pages of memory that the worst depth took, in a thread of its own, which begins with an empty stack."""
    taken: list[int] = []
    thread = threading.Thread(target=go_down, args=[taken])
    thread.start()
    thread.join()
    assert len(taken) == DEPTHS
    return max(taken)


def _go_down(taken: list[int], depth: int = 0) -> None:
    if depth == DEPTHS:
        return
    began = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for _ in range(TIMES):
        _call()
    taken.append(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - began)
    _go_down(taken, depth + 1)


def _call() -> None:
    pass
