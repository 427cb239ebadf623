"""What is written about the repository is so."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import URLPattern

from portal.urls import sign_in_urls, urlpatterns
from tests.rooms import arrows

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
TREE = next(block for block in README.split("```") if "ultahost_api/ " in block)
ROUTED = {p.callback.__module__ for p in urlpatterns if isinstance(p, URLPattern)}
MODULES = sorted(ROUTED | {p.callback.__module__ for p in sign_in_urls if "portal" in p.callback.__module__})


@pytest.mark.parametrize("module", MODULES)
def test_it_has_a_test_file_for_every_view_module(module):
    noun = module.rpartition(".")[2]

    assert module.startswith("portal.views.")
    assert (ROOT / f"tests/portal/test_{noun}.py").exists()


def test_it_routes_every_view_module():
    """A view module may be a folder of parts."""
    folder = ROOT / "portal/views"
    packages = {init.parent.name for init in folder.glob("*/__init__.py")}
    written = {path.stem for path in folder.glob("*.py")} - {"__init__"} | packages

    assert {module.split(".")[2] for module in MODULES} == written


def paths_of_the_tree():
    """A line names one path or several; an indented one lies below the last that stands at the margin."""
    folder = ""
    for line in TREE.strip().splitlines():
        names = re.match(r" *(?:[\w.]+/?(?: |$))+", line)[0].split()
        if not line.startswith(" "):
            folder = names[0]
            yield from names
        else:
            yield from (folder + name for name in names)


@pytest.mark.parametrize("path", [*paths_of_the_tree()])
def test_it_has_what_the_readme_s_tree_shows(path):
    assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


@pytest.mark.parametrize("app", ["ultahost_api/", "portal/"])
def test_it_shows_every_room_in_the_readme_s_tree(app):
    rooms = {f"{app}{init.parent.name}/" for init in (ROOT / app).glob("*/__init__.py")}

    assert rooms - set(paths_of_the_tree()) == {f"{app}migrations/"}


@pytest.mark.parametrize(("app", "most"), [("portal", 34), ("ultahost_api", 18)])
def test_it_stays_a_house_that_one_can_find_one_s_way_in(app, most):
    rooms, _ = arrows(app)

    assert len(rooms) <= most


@pytest.mark.parametrize("path", re.findall(r"`((?:portal|ultahost_api|templates)/[^`]+)`", README))
def test_it_names_files_that_there_are(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make (\w+)", README))))
def test_it_has_the_make_targets_of_the_readme(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("words", re.findall(r"manage\.py ([^`]+)`", README))
def test_it_has_the_commands_and_options_of_the_readme(words, capsys):
    name, *arguments = words.split()
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    act = ["add"] if arguments[:1] == ["add"] else []

    with pytest.raises(SystemExit):
        parser.parse_args([*act, "--help"])

    told = capsys.readouterr().out
    assert [word for word in arguments if word.startswith("--") and word not in told] == []


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_it_has_what_the_readme_links_to(link):
    assert (ROOT / link).exists()


@pytest.mark.parametrize("module", re.findall(r"python -m ([\w.]+)", README))
def test_it_has_the_programs_of_the_readme(module):
    assert (ROOT / module.replace(".", "/") / "__main__.py").exists()
