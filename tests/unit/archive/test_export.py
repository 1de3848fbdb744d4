"""An archive has all that a cohort rests on, in the same bytes; others' are met with suspicion."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from daydream.archive.effective import effective_config
from daydream.archive.export import export
from daydream.archive.unpack import is_safe, unpack
from daydream.cli.main import main
from daydream.errors import ArchiveError
from daydream.experiment.settings import Settings, load_config
from daydream.workflow.project import Project
from tests.support.workspace import Workspace
from tests.unit.archive.verify.test_verify import TAMPERED, made, made_once, one, told

pytestmark = pytest.mark.thorough

__all__ = ["made", "made_once"]
Cli = Callable[..., str]
Rewrite = Callable[[str, bytes], bytes | None]


@pytest.fixture
def cli(made: Workspace, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command on the experiment; gives what is printed, or the one line of an error."""

    def run(*arguments: str, code: int = 0, config: bool = True) -> str:
        place = ("-d", str(made.root), "--configfile", str(made.root / "config.yaml"))
        assert main([*arguments, *(place if config else ())]) == code
        out, err = capsys.readouterr()
        assert (err == "") == (code == 0) and "Traceback" not in err
        return out if code == 0 else out + err

    return run


@pytest.fixture
def archive(made: Workspace, cli: Cli) -> Path:
    cli("export")
    return made.root / "trial.zip"


def rewritten(archive: Path, change: Rewrite, *more: zipfile.ZipInfo) -> Path:
    """A copy of an archive in which ``change`` gives each member's bytes, None leaves it out."""
    path = archive.with_name("changed.zip")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            content = change(info.filename, old.read(info))
            if content is not None:
                new.writestr(info.filename, content)
        for info in more:
            new.writestr(info, b"more")
    return path


def as_it_is(name: str, content: bytes) -> bytes:
    return content


def findings(cli: Cli, path: Path) -> list[str]:
    out = cli("verify", str(path), "--json", code=1, config=False)
    return told(json.loads(out.rpartition("}")[0] + "}"))


def test_an_archive_has_what_the_cohort_rests_on_and_nothing_else(
    made: Workspace, cli: Cli
) -> None:
    stray = ("gens/draft/d_other/parsed.txt", "gens/draft/.d_half", "7_cross_experiment/x.csv")
    for name in (*stray, "1_raw/.hidden", "cohorts/other/membership.csv", "budget/total.json"):
        path = made.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    cli("export")
    with zipfile.ZipFile(made.root / "trial.zip") as file:
        names = {name.removeprefix("trial/") for name in file.namelist()}
    own = {"MANIFEST.json", "SHA256SUMS", "README.txt", "config.yaml"}
    left_out = {
        "combo_mappings.lock",
        "1_raw/.hidden",
        "cohorts/other/membership.csv",
        "budget/total.json",
        *stray,
    }
    inside = {name.removeprefix("data/") for name in made.files("data")}
    assert names == (inside - left_out) | own
    assert sum(name.startswith("gens/") for name in names) == 18 * 5 + 3 * 2


def test_the_same_content_gives_the_same_bytes(made: Workspace, cli: Cli) -> None:
    first = cli("export", "--output", str(made.root / "one.zip"))
    for path in made.data.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    second = cli("export", "--output", str(made.root / "other.zip"))
    assert (made.root / "one.zip").read_bytes() == (made.root / "other.zip").read_bytes()
    assert first.splitlines()[1:-1] == second.splitlines()[1:-1]  # the last names the archive
    with zipfile.ZipFile(made.root / "one.zip") as file:
        modes = {stat.filemode(info.external_attr >> 16) for info in file.infolist()}
        assert modes == {"-rw-r--r--"}
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_unpacked_archive_is_a_data_root_that_exports_to_the_same_bytes(
    archive: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "elsewhere"
    with zipfile.ZipFile(archive) as file:
        file.extractall(place)
    monkeypatch.chdir(place)
    configured = ("--configfile", "trial/config.yaml")
    assert "Nothing is missing." in cli("status", *configured, config=False)
    cli("export", *configured, config=False)
    assert (place / "trial.zip").read_bytes() == archive.read_bytes()
    assert "BAD" not in cli("verify", "trial", config=False)
    assert "BAD" not in cli("verify", *configured, config=False)


def test_sha256sum_alone_can_check_it(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path / "elsewhere")
    command = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=tmp_path / "elsewhere" / "trial").returncode == 0
    (tmp_path / "elsewhere" / "trial" / "config.yaml").write_text(TAMPERED)
    assert subprocess.run(command, cwd=tmp_path / "elsewhere" / "trial").returncode == 1


def test_the_manifest_tells_what_was_made_and_with_what(archive: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        manifest = json.loads(file.read("trial/MANIFEST.json"))
        readme = file.read("trial/README.txt").decode()
    assert manifest["cohort_id"] == "trial" and manifest["version"] == 1
    assert manifest["generations"]["evaluation"] == {
        "wanted": 12,
        "done": 12,
        "failed": 0,
        "missing": 0,
        "refused": 0,
    }
    assert set(manifest["made_with"]) == {"daydream_version", "git_commit", "git_dirty"}
    assert manifest["configuration"]["k_max"] == 2
    assert set(manifest["files"]["config.yaml"]) == {"sha256", "bytes"}
    assert "Cohort trial" in readme and "incomplete" not in readme


def test_the_configuration_comes_along_without_secrets(tmp_path: Path) -> None:
    endpoint = {
        "base_url": "https://me:secret@example.org/v1?key=secret",
        "headers": {"X-Key": "secret"},
        "extra_body": {"top_k": 5},
        "api_key_env": None,
    }
    local = {"engine": "llama.cpp", "model_path": "/home/secret/model.gguf"}
    values = {
        "endpoints": {"lab": endpoint, "local": local},
        "filters": {"models": ["writer"]},
        "budget_usd": 3,
    }
    settings = Settings.from_config(load_config(values=values))
    told = effective_config(settings, "trial", "trial")
    assert "secret" not in json.dumps(told)
    assert told["endpoints"]["lab"]["base_url"] == "https://example.org/v1"
    again = Settings.from_config(load_config(values=told))
    assert effective_config(again, "trial", "trial") == told
    assert again.filters == settings.filters and again.budget == settings.budget
    assert again.endpoints["lab"].extra_body == {"top_k": 5}


def test_an_incomplete_cohort_is_exported_and_said_to_be_so(made: Workspace, cli: Cli) -> None:
    made.gen("evaluation", one(made, "evaluation")).unlink()
    out = cli("export")
    assert "INCOMPLETE: 0 failed, 1 missing" in out
    with zipfile.ZipFile(made.root / "trial.zip") as file:
        assert "1 were not made" in file.read("trial/README.txt").decode()


@pytest.mark.parametrize(("seconds", "is_told"), [(-60, True), (60, False)])
def test_a_report_that_is_older_than_the_scores_is_told(
    made: Workspace, cli: Cli, seconds: int, is_told: bool
) -> None:
    report = made.data / "8_report" / "trial" / "index.html"
    report.parent.mkdir(parents=True)
    report.write_text("A report.")
    moment = (made.data / "5_parsing" / "trial" / "parsed_scores.csv").stat().st_mtime + seconds
    os.utime(report, (moment, moment))
    assert ("index.html is older than the scores" in cli("export")) == is_told
    assert "note: the numbers of 8_report/trial/index.html are not checked" in cli("verify")


def test_a_cohort_that_was_never_made_names_the_command(work: Workspace) -> None:
    project = Project(load_config(values=work.config | {"data_root": str(work.data)}))
    with pytest.raises(Exception, match="Make it: snakemake cohort"):
        list(export(project, str(work.root / "trial.zip")))
    assert work.files() == {n for n in work.files() if n.startswith("data/1_raw/")}


def test_a_full_disk_leaves_no_half_archive_and_keeps_the_old_one(
    archive: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = archive.read_bytes()

    def full(*arguments: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    error = cli("export", code=1)
    assert error.count("\n") == 1 and "trial.zip was not written: No space left" in error
    assert archive.read_bytes() == old
    assert [path.name for path in archive.parent.glob(".*zip*")] == []


def test_a_place_that_does_not_exist_is_one_plain_message(made: Workspace, cli: Cli) -> None:
    error = cli("export", "--output", str(made.root / "none" / "x.zip"), code=1)
    assert "x.zip was not written: No such file or directory" in error and error.count("\n") == 1


def test_links_within_the_data_root_are_followed_and_others_refused(
    made: Workspace, cli: Cli, tmp_path: Path
) -> None:
    (made.data / "1_raw" / "alias.txt").symlink_to(made.raw("llm_models.csv"))
    moved = tmp_path / "large disk"
    (made.data / "gens").rename(moved)
    (made.data / "gens").symlink_to(moved)
    cli("export")
    with zipfile.ZipFile(made.root / "trial.zip") as file:
        assert file.read("trial/1_raw/alias.txt") == made.raw("llm_models.csv").read_bytes()
        assert sum("/gens/" in name for name in file.namelist()) == 96
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    for target in (secret, tmp_path, tmp_path / "nowhere"):
        link = made.data / "1_raw" / "link.txt"
        link.symlink_to(target)
        assert "link.txt is a link to" in cli("export", code=1)
        link.unlink()


def test_names_that_not_every_system_can_have_are_refused(made: Workspace, cli: Cli) -> None:
    for name in ("a\nb.txt", "a\\b.txt", b"caf\xe9.txt".decode("utf-8", "surrogateescape")):
        path = made.data / "1_raw" / name
        path.write_text("x")
        assert "has a name that not every system can have" in cli("export", code=1)
        path.unlink()


def test_a_changed_a_missing_and_a_further_file_are_named(archive: Path, cli: Cli) -> None:
    def change(name: str, content: bytes) -> bytes | None:
        if name.endswith("ranking.parquet"):
            return bytes([*content[:100], content[100] ^ 1, *content[101:]])
        return None if name.endswith("chess.txt") else content

    more = zipfile.ZipInfo("trial/1_raw/more.txt")
    lines = findings(cli, rewritten(archive, change, more))
    assert any(x.startswith("6_summary/trial/ranking.parquet | sha256 ") for x in lines)
    assert any("chess.txt | sha256 " in x and "the file is missing" in x for x in lines)
    assert any(x.startswith("1_raw/more.txt | no such file") for x in lines)


def test_a_manifest_that_was_changed_along_is_betrayed_by_the_sums(archive: Path, cli: Cli) -> None:
    def change(name: str, content: bytes) -> bytes:
        return content.replace(b'"k_max": 2', b'"k_max": 3') if "MANIFEST" in name else content

    (line,) = findings(cli, rewritten(archive, change))
    assert line.startswith("SHA256SUMS | the hashes of the manifest")


def test_damaged_bytes_in_an_archive_are_named(archive: Path, cli: Cli) -> None:
    with zipfile.ZipFile(archive) as file:
        info = file.getinfo("trial/1_raw/concepts_metadata.csv")
    content = bytearray(archive.read_bytes())
    content[info.header_offset + 30 + len(info.filename) + 5] ^= 0xFF
    archive.write_bytes(content)
    lines = findings(cli, archive)
    assert lines[0].startswith("1_raw/concepts_metadata.csv | sha256 ")
    assert "cannot be unpacked" in lines[0]
    assert "configuration and catalogs that can be used" in lines[1]


def test_a_changed_catalog_that_cannot_be_used_is_named(archive: Path, cli: Cli) -> None:
    def change(name: str, content: bytes) -> bytes:
        return b"x,y\n" if name.endswith("llm_models.csv") else content

    lines = findings(cli, rewritten(archive, change))
    assert len(lines) == 2 and "column 'id' is missing" in lines[1]


@pytest.mark.parametrize("size", [0, 10, 5000, -30])
def test_an_archive_that_was_cut_off_is_one_plain_message(
    archive: Path, cli: Cli, size: int
) -> None:
    archive.write_bytes(archive.read_bytes()[:size])
    error = cli("verify", str(archive), code=1, config=False)
    assert "is not a whole zip archive" in error and error.count("\n") == 1


def test_what_is_no_archive_of_ours_is_one_plain_message(
    made: Workspace, archive: Path, cli: Cli
) -> None:
    def without_manifest(name: str, content: bytes) -> bytes | None:
        return None if "MANIFEST" in name else content

    def of_the_future(name: str, content: bytes) -> bytes:
        return content.replace(b'"version": 1', b'"version": 2') if "MANIFEST" in name else content

    def torn(name: str, content: bytes) -> bytes:
        return content[:200] if "MANIFEST" in name else content

    for change, words in (
        (without_manifest, "it has no MANIFEST.json"),
        (of_the_future, "has version 2 of the format"),
        (torn, "its MANIFEST.json is damaged"),
    ):
        error = cli("verify", str(rewritten(archive, change)), code=1, config=False)
        assert words in error and error.count("\n") == 1
    for path in (made.data, made.root / "none.zip"):
        assert cli("verify", str(path), code=1, config=False).count("\n") == 1


@pytest.mark.parametrize("name", ["../evil", "/evil", "trial/../../evil", "trial\\..\\evil", "."])
def test_a_member_that_would_be_written_elsewhere_is_refused(
    archive: Path, tmp_path: Path, name: str
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    changed = rewritten(archive, as_it_is, zipfile.ZipInfo(name))
    with pytest.raises(ArchiveError, match="link or would be written elsewhere"):
        unpack(str(changed), str(place))
    assert list(place.iterdir()) == []


def test_links_and_doubles_in_an_archive_are_refused(archive: Path, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("trial/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(ArchiveError, match="'trial/link' is a link"):
        unpack(str(rewritten(archive, as_it_is, link)), str(tmp_path))
    with pytest.warns(UserWarning, match="Duplicate"):
        changed = rewritten(archive, as_it_is, zipfile.ZipInfo("trial/config.yaml"))
    with pytest.raises(ArchiveError, match=r"'trial/config\.yaml' is in it twice"):
        unpack(str(changed), str(tmp_path))
    with pytest.raises(ArchiveError, match="not under one folder"):
        unpack(str(rewritten(archive, as_it_is, zipfile.ZipInfo("other/x"))), str(tmp_path))


def test_a_manifest_that_names_a_file_elsewhere_is_refused(archive: Path, cli: Cli) -> None:
    def change(name: str, content: bytes) -> bytes:
        return content.replace(b'"README.txt"', b'"../x"') if "MANIFEST" in name else content

    error = cli("verify", str(rewritten(archive, change)), code=1, config=False)
    assert "it names '../x', which is not in its folder" in error and error.count("\n") == 1


def test_an_archive_larger_than_the_disk_is_not_unpacked(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: _Free())
    with pytest.raises(ArchiveError, match="where 9 are free"):
        unpack(str(archive), str(tmp_path))


class _Free:
    free = 9


def test_safe_paths_stay_where_they_are() -> None:
    assert is_safe("a/b.txt") and is_safe("a..b/c")
    assert not any(map(is_safe, ("", "/a", "a/", "a//b", "./a", "a/..", "a\\b", "a\0b")))
