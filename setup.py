"""Compiles the catalogues of the library into its wheel; everything else stands in pyproject.toml."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py


class WithWords(build_py):
    def run(self) -> None:
        super().run()
        for source in Path(self.build_lib).glob("ultahost_api/locale/*/LC_MESSAGES/*.po"):
            with source.open("rb") as words, source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(words))


setup(cmdclass={"build_py": WithWords})
