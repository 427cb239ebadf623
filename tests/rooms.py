"""How many rooms each package has, and how many arrows of imports run between them."""

import sys
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent


def arrows(package: str) -> tuple[set[str], set[tuple[str, str]]]:
    """A room is what stands at the top of the package, a module or a folder."""
    graph = grimp.build_graph(package)
    rooms = {module: module.split(".")[1] for module in graph.modules if "." in module}
    found = {
        (room, rooms[imported])
        for module, room in rooms.items()
        for imported in graph.find_modules_directly_imported_by(module)
        if rooms.get(imported, room) != room
    }
    return set(rooms.values()), found


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for package in ("portal", "ultahost_api"):
        rooms, between = arrows(package)
        print(f"{package}: {len(rooms)} rooms, {len(between)} arrows between them")
